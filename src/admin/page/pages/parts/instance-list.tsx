import { useEffect, useRef } from 'preact/hooks';
import type { Instance } from '../../../api/studies.ts';
import { formatBytes, t } from '../../lib/i18n.ts';
import { LoadMore } from '../../ui/index.ts';

interface InstanceListProps {
  instances: readonly Instance[];
  /** Index of the one that is shown. */
  selected: number;
  hasMore: boolean;
  isLoading: boolean;
  onSelect(index: number): void;
  onMore(): void;
}

/** One stop of the Tab key; arrows, Home and End move in it — ARIA Authoring Practices, listbox. */
export function InstanceList({ instances, selected, onSelect, ...more }: InstanceListProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = list.current;
    const option = element?.querySelector<HTMLElement>('[aria-selected="true"]');
    if (element === null || element === undefined || option === null || option === undefined) return;
    const isSeen =
      option.offsetTop >= element.scrollTop &&
      option.offsetTop + option.offsetHeight <= element.scrollTop + element.clientHeight;
    if (!isSeen) element.scrollTop = option.offsetTop - element.clientHeight / 2;
  }, [selected]);

  const onKeyDown = (event: KeyboardEvent) => {
    const next = {
      ArrowDown: selected + 1,
      ArrowUp: selected - 1,
      PageDown: selected + 10,
      PageUp: selected - 10,
      Home: 0,
      End: instances.length - 1,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    onSelect(Math.min(Math.max(next, 0), instances.length - 1));
  };

  return (
    <div class="instance-list" ref={list}>
      <div
        role="listbox"
        aria-label={t('studies.instances.title')}
        aria-activedescendant={optionId(instances[selected])}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        {instances.map((instance, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the list takes the keys
          // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus and names its active option
          <div
            key={instance.sopInstanceUid}
            id={optionId(instance)}
            role="option"
            aria-selected={index === selected}
            class="instance"
            onClick={() => onSelect(index)}
          >
            <span class="instance-number">
              {instance.instanceNumber === null ? '—' : String(instance.instanceNumber)}
            </span>
            <span class="instance-frames">
              {instance.numberOfFrames > 1 &&
                t('studies.instance.frames', { count: instance.numberOfFrames })}
            </span>
            <span class="instance-size">{formatBytes(instance.sizeBytes)}</span>
          </div>
        ))}
      </div>
      <LoadMore hasMore={more.hasMore} isLoading={more.isLoading} onMore={more.onMore} />
    </div>
  );
}

function optionId(instance: Instance | undefined): string | undefined {
  return instance === undefined ? undefined : `instance-${instance.sopInstanceUid}`;
}
