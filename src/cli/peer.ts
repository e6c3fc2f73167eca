import type { Catalog } from '../catalog/catalog.ts';
import type { Config } from '../config/schema.ts';
import { settingsOf } from '../config/settings.ts';
import { Problem } from '../lib/problem.ts';
import { EchoScu } from '../net/echo.ts';
import { SETTINGS_ROW, settingsFrom } from '../services/settings.ts';
import type { ConfiguredCommand } from './arguments.ts';

type PeerCommand = Extract<ConfiguredCommand, { name: `peer ${string}` }>;

/** `dicomkeep peer …`. A server that runs reads the peers for each association, so a change needs no word to it. */
export async function runPeerCommand(command: PeerCommand, catalog: Catalog, config: Config): Promise<void> {
  await catalog.migrate();
  switch (command.name) {
    case 'peer add':
      await addPeer(command, catalog);
      break;
    case 'peer list':
      await listPeers(catalog);
      break;
    case 'peer remove':
      await catalog.peers.remove(command.aeTitle);
      print(`peer ${command.aeTitle} removed`);
      break;
    case 'peer echo':
      await echoPeer(command.aeTitle, catalog, config);
      break;
  }
}

async function addPeer(command: Extract<PeerCommand, { name: 'peer add' }>, catalog: Catalog): Promise<void> {
  const { aeTitle, host, port, may, mustMatchAddress } = command;
  const isKnown = await catalog.peers.put({
    aeTitle,
    host,
    port,
    mayEcho: may.echo,
    mayStore: may.store,
    mayFind: may.find,
    mayRetrieve: may.retrieve,
    matchAddress: mustMatchAddress,
  });
  print(`peer ${aeTitle} at ${host}:${port} ${isKnown ? 'changed' : 'added'}`);
}

async function listPeers(catalog: Catalog): Promise<void> {
  const peers = await catalog.peers.list();
  if (peers.length === 0) print('no peers; add one with: dicomkeep peer add AE_TITLE HOST PORT');
  for (const peer of peers) {
    const rights = [
      peer.mayEcho && 'echo',
      peer.mayStore && 'store',
      peer.mayFind && 'find',
      peer.mayRetrieve && 'retrieve',
      peer.matchAddress && 'from this address only',
    ].filter((right) => right !== false);
    print(`${peer.aeTitle.padEnd(16)}  ${`${peer.host}:${peer.port}`.padEnd(24)}  ${rights.join(', ')}`);
  }
}

async function echoPeer(aeTitle: string, catalog: Catalog, config: Config): Promise<void> {
  const peer = await catalog.peers.findByAeTitle(aeTitle);
  if (peer === undefined) throw new Problem('not-found', `no peer ${aeTitle}`);
  const callingAeTitle = await ownAeTitle(catalog, config);
  const echo = new EchoScu({ callingAeTitle: () => callingAeTitle, pduBytesMax: config.dimse.pduBytesMax });
  const { isOk, words, advice } = await echo.run(peer);
  if (!isOk) throw new Problem('peer-unreachable', `${words}\n${advice}`);
  print(words);
}

/** What was set on the page goes before the configuration. */
async function ownAeTitle(catalog: Catalog, config: Config): Promise<string> {
  const row = await catalog.settings.get(SETTINGS_ROW);
  const { aeTitles } = settingsFrom(row?.value, settingsOf(config)).settings;
  return aeTitles[0] ?? '';
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
