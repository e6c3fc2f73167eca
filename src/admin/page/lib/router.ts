import { type ComponentChildren, h, type TargetedMouseEvent } from 'preact';
import { Store, useStore } from './store.ts';

interface Route {
  /** `/studies/1.2.3` */
  path: string;
  /** `['studies', '1.2.3']`, decoded. */
  segments: readonly string[];
  query: URLSearchParams;
}

const routeStore = new Store<Route>(currentRoute());

globalThis.addEventListener('popstate', () => routeStore.set(currentRoute()));

export function useRoute(): Route {
  return useStore(routeStore);
}

/** @param path with its query, if any; `isReplacing` leaves no step to go back to */
export function navigate(path: string, isReplacing = false): void {
  if (path === location.pathname + location.search) return;
  const isOtherPage = new URL(path, location.href).pathname !== location.pathname;
  if (isReplacing) history.replaceState(null, '', path);
  else history.pushState(null, '', path);
  routeStore.set(currentRoute());
  if (isOtherPage) scrollTo(0, 0);
}

interface LinkProps {
  href: string;
  children: ComponentChildren;
  class?: string | undefined;
  'aria-current'?: 'page' | undefined;
  'aria-label'?: string | undefined;
  title?: string | undefined;
}

/** A link within the page; with a modifier key the browser does what it does with any link. */
export function Link({ href, children, ...rest }: LinkProps) {
  const follow = (event: TargetedMouseEvent<HTMLAnchorElement>) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(href);
  };
  return h('a', { href, onClick: follow, ...rest }, children);
}

function currentRoute(): Route {
  const { pathname, search } = location;
  const segments = pathname.split('/').filter((segment) => segment !== '');
  return { path: pathname, segments: segments.map(decoded), query: new URLSearchParams(search) };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
