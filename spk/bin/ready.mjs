// Waits until the archive answers on its DICOM port.
// Exit status: 0 it does; 1 it has ended, or keeps ending; 2 the time is up. Prints what its log says is wrong, if anything.
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const [logFile, offsetText, pidFile, stateFile, wordsFile, seconds] = process.argv.slice(2);
const LOG_BYTES_MAX = 1 << 20;
const POLL_MS = 100;
const CONNECT_TIMEOUT_MS = 1000;
/** Attempts that end by themselves before we say so. */
const FAILURES_MAX = 3;

const deadline = Date.now() + Number(seconds) * 1000;
let seen = {};
process.exitCode = await wait();
if (process.exitCode !== 0)
  process.stdout.write(`${(seen.reason ?? lastWords()).trim().replace(/\.$/, '')}\n`);

async function wait() {
  while (Date.now() < deadline) {
    seen = readLog();
    if (seen.port !== undefined && (await answers(seen.port))) return 0;
    if (!isAlive() || failures() >= FAILURES_MAX) return 1;
    await sleep(POLL_MS);
  }
  return 2;
}

/** What the log says since the start: the port, and the last error. A log that was rotated is read from its beginning. */
function readLog() {
  const found = {};
  for (const line of newText().split('\n')) {
    const entry = parse(line);
    if (entry?.message === 'listening') found.port = entry.port;
    if (entry?.level === 'error') found.reason = `${entry.message}: ${entry.reason ?? ''}`.slice(0, 300);
  }
  return found;
}

function newText() {
  let handle;
  try {
    handle = openSync(logFile, 'r');
    const { size } = fstatSync(handle);
    const offset = size < Number(offsetText) ? 0 : Number(offsetText);
    const bytes = Buffer.alloc(Math.min(LOG_BYTES_MAX, size - offset));
    return bytes.toString('utf8', 0, readSync(handle, bytes, 0, bytes.length, offset));
  } catch {
    return '';
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function text(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function isAlive() {
  try {
    process.kill(Number.parseInt(text(pidFile), 10), 0);
    return !text(stateFile).startsWith('refused');
  } catch {
    return false;
  }
}

function failures() {
  return Number(/^failing (\d+)/.exec(text(stateFile))?.[1] ?? 0);
}

function lastWords() {
  const lines = text(wordsFile).trim().split('\n');
  return (lines.findLast((line) => /^(\w*Error\b|\d{4}-.* error )/.test(line)) ?? lines.at(-1) ?? '').slice(
    0,
    300,
  );
}

/** Settings may bind it to one address of the NAS. */
async function answers(port) {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  for (const host of ['127.0.0.1', '::1', ...own.map(({ address }) => address)]) {
    if (await connects(host, port)) return true;
  }
  return false;
}

function connects(host, port) {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_TIMEOUT_MS });
    const end = (isThere) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}
