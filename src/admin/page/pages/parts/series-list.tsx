import { useId, useState } from 'preact/hooks';
import type { Series } from '../../../api/studies.ts';
import { t } from '../../lib/i18n.ts';
import { Badge, Icon, Menu, type MenuItem } from '../../ui/index.ts';
import { download } from './download-link.tsx';
import { Picture } from './picture.tsx';
import type { SendSubject } from './send-dialog.tsx';
import { SeriesInstances } from './series-instances.tsx';

const THUMBNAIL_PX = 72;

interface SeriesListProps {
  /** API path of the study. */
  path: string;
  series: readonly Series[];
  /** Undefined for whoever may not. */
  onSend: ((subject: SendSubject) => void) | undefined;
}

export function SeriesList({ path, series, onSend }: SeriesListProps) {
  return (
    <ul class="series-list">
      {series.map((one) => (
        <SeriesEntry
          key={one.seriesInstanceUid}
          path={`${path}/series/${encodeURIComponent(one.seriesInstanceUid)}`}
          series={one}
          onSend={onSend}
        />
      ))}
    </ul>
  );
}

interface SeriesEntryProps {
  path: string;
  series: Series;
  onSend: ((subject: SendSubject) => void) | undefined;
}

function SeriesEntry({ path, series, onSend }: SeriesEntryProps) {
  const [isOpen, setOpen] = useState(false);
  const panelId = useId();
  const title = titleOf(series);
  return (
    <li class={`series ${isOpen ? 'series-open' : ''}`}>
      <div class="series-row">
        <Picture
          src={`${path}/preview?size=${THUMBNAIL_PX * 2}`}
          alt={t('studies.preview.of-series', { series: title })}
          sizePx={THUMBNAIL_PX}
        />
        <div class="series-words">
          <h4>
            <button
              type="button"
              class="series-toggle"
              aria-expanded={isOpen}
              aria-controls={panelId}
              onClick={() => setOpen(!isOpen)}
            >
              <span>{title}</span>
              <Icon name="chevron-down" size={16} />
            </button>
          </h4>
          <p class="series-meta">
            <Badge>{series.modality === '' ? '—' : series.modality}</Badge> <span>{metaOf(series)}</span>
          </p>
        </div>
        <Menu label={t('studies.series.actions', { series: title })} items={actionsOf(path, title, onSend)} />
      </div>
      <div id={panelId} hidden={!isOpen}>
        {isOpen && <SeriesInstances path={path} instanceCount={series.instanceCount} />}
      </div>
    </li>
  );
}

function titleOf({ seriesNumber, seriesDescription, protocolName }: Series): string {
  const words = [seriesDescription, protocolName].find((text) => text.trim() !== '');
  const number =
    seriesNumber === null
      ? t('studies.series.no-number')
      : t('studies.series.number', { number: String(seriesNumber) });
  return words === undefined ? number : seriesNumber === null ? words : `${seriesNumber} · ${words}`;
}

function metaOf({ instanceCount, bodyPartExamined, stationName }: Series): string {
  const count = t('studies.detail.instance-count', { count: instanceCount });
  return [count, bodyPartExamined, stationName].filter((part) => part !== '').join(' · ');
}

function actionsOf(
  path: string,
  title: string,
  onSend: ((subject: SendSubject) => void) | undefined,
): MenuItem[] {
  const whole: MenuItem = {
    label: t('studies.download.series'),
    icon: 'download',
    onSelect: () => download(`${path}/archive`),
  };
  if (onSend === undefined) return [whole];
  return [
    whole,
    {
      label: t('studies.send.series'),
      icon: 'send',
      onSelect: () => onSend({ path, label: t('studies.send.one-series', { series: title }) }),
    },
  ];
}
