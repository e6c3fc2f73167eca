import { networkInterfaces } from 'node:os';

type Interfaces = ReturnType<typeof networkInterfaces>;

/** Addresses of this machine by which others can reach it, IPv4 first; its loopback address only where there is no other. */
export function ownAddresses(interfaces: Interfaces = networkInterfaces()): string[] {
  const all = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  const outer = all.filter(({ internal, address }) => !internal && !isLinkLocal(address));
  const reachable = outer.length > 0 ? outer : all.filter(({ internal }) => internal);
  const byFamily = (family: string) =>
    reachable.filter((one) => one.family === family).map(({ address }) => address);
  return [...new Set([...byFamily('IPv4'), ...byFamily('IPv6')])];
}

/** RFC 3927, RFC 4291 §2.5.6: of use only with the name of an interface, or between two machines that found no other address. */
function isLinkLocal(address: string): boolean {
  return address.startsWith('169.254.') || /^fe[89ab]/i.test(address);
}
