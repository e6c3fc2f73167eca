import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { runProgram } from './processes.ts';

/** Where and how the numbers came about. */
export interface Machine {
  processor: string;
  cores: number;
  memoryGigabytes: number;
  /** Type of the file system that everything was written to, and its device. */
  fileSystem: string;
  kernel: string;
  command: string;
  date: string;
  versions: { [server: string]: string };
}

/** @param directory where the archives are @param args the command line after the name of the script */
export async function describeMachine(
  directory: string,
  args: readonly string[],
  versions: { [server: string]: string },
): Promise<Machine> {
  return {
    processor: cpus()[0]?.model ?? 'unknown processor',
    cores: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    fileSystem: await fileSystemOf(directory),
    kernel: `${type()} ${release()}`,
    command: ['node test/bench/run.ts', ...args].join(' '),
    date: new Date().toISOString().slice(0, 10),
    versions,
  };
}

async function fileSystemOf(directory: string): Promise<string> {
  const [, values = ''] = (await runProgram('df', ['--output=fstype,source', directory])).split('\n');
  const [fileSystem = 'unknown', device = ''] = values.trim().split(/\s+/);
  return `${fileSystem} on ${device}${isRotational(device) ? ' (rotating disk)' : ''}`;
}

function isRotational(device: string): boolean {
  try {
    return (
      readFileSync(`/sys/block/${device.replace('/dev/', '')}/queue/rotational`, 'latin1').trim() === '1'
    );
  } catch {
    return false;
  }
}
