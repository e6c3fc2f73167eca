#!/usr/bin/env node
// Plain JavaScript that Node 12.20 still understands, so that an old Node gets to hear what is wrong.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NODE_WANTED = [22, 18];
// Every sync of a file occupies a thread of libuv's pool until the disk has answered; with its 4 threads, four slow syncs would
// hold up all other file access. libuv reads this when the first job is queued, which is not before the import below.
const THREADS = '24';

// The sources of a checkout, or the JavaScript of a package.
const entry = ['../src/main.ts', '../dist/main.js'].find((path) =>
  existsSync(fileURLToPath(new URL(path, import.meta.url))),
);

if (!isNodeNewEnough()) {
  fail(
    `Dicomkeep needs Node.js ${NODE_WANTED.join('.')} or newer, this is ${process.versions.node} (${process.execPath}).\n` +
      'Get it from https://nodejs.org, or the package Node.js v22 of Synology Package Center; in a checkout, start with npm: npm start',
  );
} else if (entry === undefined) {
  fail('Dicomkeep is not complete: neither src/main.ts nor dist/main.js is there. Install it again.');
} else {
  if (!process.env.UV_THREADPOOL_SIZE) process.env.UV_THREADPOOL_SIZE = THREADS;
  // Whoever reads our output may stop before its end: `dicomkeep peer list | head -1`.
  process.stdout.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
  });
  import(entry)
    .then((program) => program.main(process.argv.slice(2)))
    .then((exitCode) => {
      process.exitCode = exitCode;
    })
    .catch((error) => fail(error instanceof Error ? error.stack : String(error)));
}

function isNodeNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > NODE_WANTED[0] || (major === NODE_WANTED[0] && minor >= NODE_WANTED[1]);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
