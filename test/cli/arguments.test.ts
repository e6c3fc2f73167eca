import { expect } from 'chai';
import { type Command, parseArguments } from '../../src/cli/arguments.ts';
import { COMMAND_HELP, GENERAL_HELP } from '../../src/cli/help.ts';

function parse(line: string): Command {
  return parseArguments(line.split(' ').filter((word) => word !== ''));
}

function usageError(line: string): string {
  const command = parse(line);
  if (command.name !== 'usage-error') throw new Error(`${line} was taken as ${command.name}`);
  return command.message;
}

describe('parseArguments', () => {
  it('serves when no command is given', () => {
    expect(parse('')).to.deep.equal({ name: 'serve', configFile: undefined });
    expect(parse('serve')).to.deep.equal(parse(''));
  });

  it('takes --config before and after any command', () => {
    expect(parse('--config a.json5')).to.deep.equal({ name: 'serve', configFile: 'a.json5' });
    expect(parse('--config=a.json5 reindex')).to.deep.equal({ name: 'reindex', configFile: 'a.json5' });
    expect(parse('peer list --config a.json5')).to.deep.equal({ name: 'peer list', configFile: 'a.json5' });
    for (const name of ['migrate', 'verify']) expect(parse(name)).to.include({ name });
  });

  it('reads of a peer what is named, and nothing else', () => {
    expect(parse('peer add PACS2 10.0.0.7 104')).to.deep.equal({
      name: 'peer add',
      aeTitle: 'PACS2',
      host: '10.0.0.7',
      port: 104,
      choices: {},
      configFile: undefined,
    });
    expect(
      parse('peer add A ::1 104 --no-echo --no-store --no-find --no-retrieve --match-address --tls'),
    ).to.deep.include({
      choices: {
        mayEcho: false,
        mayStore: false,
        mayFind: false,
        mayRetrieve: false,
        matchAddress: true,
        useTls: true,
      },
    });
    expect(
      parse('peer add A h 104 --echo --store --find --retrieve --no-match-address --no-tls'),
    ).to.deep.include({
      choices: {
        mayEcho: true,
        mayStore: true,
        mayFind: true,
        mayRetrieve: true,
        matchAddress: false,
        useTls: false,
      },
    });
    expect(parse('peer add --no-find A h 1')).to.deep.include({ choices: { mayFind: false } });
  });

  it('reads the AE title of peer remove and peer echo, one with a space too', () => {
    expect(parse('peer remove A')).to.include({ name: 'peer remove', aeTitle: 'A' });
    expect(parseArguments(['peer', 'echo', 'CT ROOM 1'])).to.include({
      name: 'peer echo',
      aeTitle: 'CT ROOM 1',
    });
  });

  it('reads whose password is set', () => {
    expect(parse('user password admin')).to.deep.equal({
      name: 'user password',
      userName: 'admin',
      configFile: undefined,
    });
    expect(usageError('user')).to.contain('user needs one of: password');
    expect(usageError('user pasword admin')).to.contain("did you mean 'password'?");
    expect(usageError('user password')).to.contain('user password needs NAME');
    expect(usageError('user password admin secret')).to.contain("unexpected argument 'secret'");
  });

  it('shows help, in general and for each command, wherever it is asked for', () => {
    for (const line of ['--help', '-h', 'help'])
      expect(parse(line)).to.deep.equal({ name: 'help', text: GENERAL_HELP });
    for (const [command, text] of Object.entries(COMMAND_HELP)) {
      expect(parse(`help ${command}`)).to.deep.equal({ name: 'help', text });
    }
    for (const line of ['peer --help', 'peer add -h', 'peer add --no-find --help', 'help peer add']) {
      expect(parse(line), line).to.deep.equal({ name: 'help', text: COMMAND_HELP['peer'] });
    }
    expect(parse('--version')).to.deep.equal({ name: 'version' });
  });

  it('names an unknown command and the one that was probably meant', () => {
    expect(usageError('reindx')).to.equal(
      "dicomkeep: unknown command 'reindx', did you mean 'reindex'?\nTry 'dicomkeep --help'.",
    );
    expect(usageError('peer delete A'))
      .to.contain("unknown command 'peer delete'")
      .and.contain('dicomkeep help peer');
    expect(usageError('peer')).to.contain('peer needs one of: add, list, remove, echo');
    expect(usageError('help elephant')).to.contain("unknown command 'elephant'");
  });

  it('names an unknown option, and one that belongs to another command', () => {
    expect(usageError('--confg x')).to.contain("unknown option '--confg', did you mean '--config'?");
    expect(usageError('peer list --no-find')).to.contain("unknown option '--no-find' for peer list");
    expect(usageError('reindex --confg x')).to.contain(
      "unknown option '--confg' for reindex, did you mean '--config'?",
    );
    expect(usageError('verify -x'))
      .to.contain("unknown option '-x' for verify")
      .and.contain('dicomkeep help verify');
    expect(usageError('serve --constructor')).to.contain("unknown option '--constructor'");
    expect(usageError('constructor')).to.contain("unknown command 'constructor'");
  });

  it('names a value that is missing or too many', () => {
    expect(usageError('reindex --config')).to.contain("option '--config' needs a value");
    expect(usageError('reindex --config=')).to.contain("option '--config' needs a value");
    expect(usageError('--help=peer')).to.contain("option '--help' takes no value");
    expect(usageError('peer add A')).to.contain('peer add needs HOST PORT');
    expect(usageError('peer add A h 1 --tls --no-tls')).to.contain(
      "'--tls' and '--no-tls' exclude each other",
    );
    expect(usageError('peer list all')).to.contain("unexpected argument 'all' for peer list");
    expect(usageError('serve reindex')).to.contain("unexpected argument 'reindex' for serve");
  });

  it('refuses an AE title, a host or a port that cannot be one', () => {
    expect(usageError('peer add ABCDEFGHIJKLMNOPQ h 104')).to.contain(
      "'ABCDEFGHIJKLMNOPQ' is not an AE title",
    );
    expect(usageError('peer add A\\B h 104')).to.contain('is not an AE title');
    expect(usageError('peer add A h/x 104')).to.contain("'h/x' is not a host name");
    for (const port of ['0', '65536', '-1', '1e3', '104x']) {
      expect(parseArguments(['peer', 'add', '--', 'A', 'h', port]), port).to.include({ name: 'usage-error' });
    }
  });
});

describe('the help texts', () => {
  it('fit a terminal of 130 columns and name every command', () => {
    for (const text of [GENERAL_HELP, ...Object.values(COMMAND_HELP)]) {
      for (const line of text.split('\n')) expect(line.length, line).to.be.at.most(130);
      expect(text.endsWith('\n')).to.equal(true);
    }
    for (const command of Object.keys(COMMAND_HELP)) expect(GENERAL_HELP).to.contain(`  ${command} `);
  });
});
