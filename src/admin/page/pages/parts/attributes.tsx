import { useMemo, useState } from 'preact/hooks';
import type { Attribute, InstanceDetail } from '../../../api/studies.ts';
import { api } from '../../lib/api.ts';
import { t } from '../../lib/i18n.ts';
import { useLoad } from '../../lib/use-load.ts';
import { Drawer, ErrorNotice, Input, Loading } from '../../ui/index.ts';

interface AttributesDialogProps {
  /** API path of the instance. */
  path: string;
  onClose(): void;
}

/** All attributes of one instance as they stand in its file, to be searched by tag, keyword and value. */
export function AttributesDialog({ path, onClose }: AttributesDialogProps) {
  const { data, error, reload } = useLoad((signal) => api.get<InstanceDetail>(path, {}, signal), [path]);
  const [text, setText] = useState('');
  const found = useMemo(() => matching(data?.attributes ?? [], text), [data, text]);
  return (
    <Drawer title={t('studies.attributes.title')} onClose={onClose}>
      {error !== undefined && <ErrorNotice error={error} onRetry={reload} />}
      {data === undefined && error === undefined && <Loading />}
      {data !== undefined && (
        <div class="attributes">
          <div class="attributes-search">
            <Input
              type="search"
              value={text}
              aria-label={t('studies.attributes.filter')}
              placeholder={t('studies.attributes.filter')}
              onInput={setText}
            />
            <p class="soft" role="status">
              {t('studies.attributes.count', { count: found.length })}
            </p>
          </div>
          <AttributeList attributes={found} isOpen={text.trim() !== ''} />
          {data.omitted > 0 && (
            <p class="soft attributes-omitted">{t('studies.attributes.omitted', { count: data.omitted })}</p>
          )}
        </div>
      )}
    </Drawer>
  );
}

interface AttributeListProps {
  attributes: readonly Attribute[];
  /** Sequences are unfolded: something in them was searched for. */
  isOpen: boolean;
}

function AttributeList({ attributes, isOpen }: AttributeListProps) {
  return (
    <ul class="attribute-list">
      {attributes.map((attribute) => (
        <li key={attribute.tag} class="attribute">
          <span class="attribute-tag code">{attribute.tag}</span>
          <span class="attribute-name">
            {attribute.keyword === '' ? (
              <span class="soft">{t('studies.attributes.unnamed')}</span>
            ) : (
              attribute.keyword
            )}
            <span class="attribute-vr">{attribute.vr}</span>
          </span>
          {attribute.items === undefined ? (
            <span class="attribute-value">{attribute.value}</span>
          ) : (
            <Items items={attribute.items} isOpen={isOpen} />
          )}
        </li>
      ))}
    </ul>
  );
}

function Items({ items, isOpen }: { items: Attribute[][]; isOpen: boolean }) {
  return (
    <details class="attribute-items" open={isOpen}>
      <summary>{t('studies.attributes.items', { count: items.length })}</summary>
      <ol>
        {items.map((item, index) => (
          // An item is what stands at its place in the sequence.
          <li key={index}>
            <AttributeList attributes={item} isOpen={isOpen} />
          </li>
        ))}
      </ol>
    </details>
  );
}

/** Those that name the text in tag, keyword or value; of a sequence the items in which something does. */
function matching(attributes: readonly Attribute[], text: string): readonly Attribute[] {
  const wanted = text.trim().toLowerCase();
  return wanted === '' ? attributes : attributes.flatMap((attribute) => matchingOf(attribute, wanted));
}

function matchingOf(attribute: Attribute, wanted: string): Attribute[] {
  const { tag, keyword, value, items } = attribute;
  const bare = tag.replaceAll(/[(),]/g, '');
  if ([tag, bare, keyword, value].some((word) => word.toLowerCase().includes(wanted))) return [attribute];
  const within = (items ?? [])
    .map((item) => item.flatMap((inner) => matchingOf(inner, wanted)))
    .filter((item) => item.length > 0);
  return within.length === 0 ? [] : [{ ...attribute, items: within }];
}
