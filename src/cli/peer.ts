import { join } from 'node:path';
import type { Catalog } from '../catalog/catalog.ts';
import type { Config } from '../config/schema.ts';
import { settingsOf } from '../config/settings.ts';
import type { LogFields } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { EchoScu } from '../net/echo.ts';
import { TlsClient } from '../net/tls-client.ts';
import { Certificates } from '../services/certificates.ts';
import { peerAdded, peerChanged, peerRemoved } from '../services/peer-changes.ts';
import { type Settings, settingsFrom } from '../services/settings.ts';
import { SETTINGS_ROW } from '../services/settings-row.ts';
import { TrustedCertificates } from '../services/trusted-certificates.ts';
import type { ConfiguredCommand } from './arguments.ts';
import { COMMAND_LINE, recordEvents } from './record.ts';

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
      await removePeer(command.aeTitle, catalog);
      break;
    case 'peer echo':
      await echoPeer(command.aeTitle, catalog, config);
      break;
  }
}

async function addPeer(command: Extract<PeerCommand, { name: 'peer add' }>, catalog: Catalog): Promise<void> {
  const { aeTitle, host, port, choices } = command;
  const { before, after } = await catalog.peers.put({ aeTitle, host, port, ...choices });
  const event =
    before === undefined ? peerAdded(COMMAND_LINE, after) : peerChanged(COMMAND_LINE, before, after);
  if (event !== undefined) await recordEvents(catalog, [event]);
  print(`peer ${aeTitle} at ${host}:${port} ${before === undefined ? 'added' : 'changed'}`);
}

async function removePeer(aeTitle: string, catalog: Catalog): Promise<void> {
  const peer = await catalog.peers.remove(aeTitle);
  await recordEvents(catalog, [peerRemoved(COMMAND_LINE, peer)]);
  print(`peer ${aeTitle} removed`);
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
      peer.useTls && 'called by TLS',
    ].filter((right) => right !== false);
    print(`${peer.aeTitle.padEnd(16)}  ${`${peer.host}:${peer.port}`.padEnd(24)}  ${rights.join(', ')}`);
  }
}

async function echoPeer(aeTitle: string, catalog: Catalog, config: Config): Promise<void> {
  const peer = await catalog.peers.findByAeTitle(aeTitle);
  if (peer === undefined) throw new Problem('not-found', `no peer ${aeTitle}`);
  const settings = { current: await settingsInForce(catalog, config) };
  const log = {
    info: () => undefined,
    error: (message: string, fields?: LogFields) =>
      void process.stderr.write(`${message}: ${String(fields?.['reason'])}\n`),
  };
  const inTls = (name: string) => join(config.dataDir, 'tls', name);
  const certificates = await Certificates.open({ file: inTls('server.pem'), log });
  const trusted = await TrustedCertificates.open({ file: inTls('trusted.pem'), log });
  const echo = new EchoScu({
    callingAeTitle: () => settings.current.aeTitles[0] ?? '',
    tls: new TlsClient({ certificates, trusted, settings }),
    pduBytesMax: config.dimse.pduBytesMax,
  });
  const { isOk, words, advice } = await echo.run(peer);
  if (!isOk) throw new Problem('peer-unreachable', `${words}\n${advice}`);
  print(words);
}

/** What was set on the page goes before the configuration. */
async function settingsInForce(catalog: Catalog, config: Config): Promise<Settings> {
  const row = await catalog.settings.get(SETTINGS_ROW);
  return settingsFrom(row?.value, settingsOf(config)).settings;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
