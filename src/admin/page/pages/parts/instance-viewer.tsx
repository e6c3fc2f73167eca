import { useEffect, useState } from 'preact/hooks';
import type { Instance } from '../../../api/studies.ts';
import { t } from '../../lib/i18n.ts';
import { Picture } from './picture.tsx';

const VIEWER_PX = 512;
/** A slider passes over many frames: a picture is asked for where it rests. */
const SLIDER_REST_MS = 60;

interface InstanceViewerProps {
  instance: Instance;
  /** From 1, within the series. */
  position: number;
  count: number;
  onPosition(position: number): void;
}

export function InstanceViewer({ instance, position, count, onPosition }: InstanceViewerProps) {
  const frames = instance.numberOfFrames;
  // The middle one, as the server shows where none is named.
  const [frame, setFrame] = useState(Math.ceil((frames + 1) / 2));
  const shownFrame = useRested(frame, SLIDER_REST_MS);
  const path = `/api/instances/${encodeURIComponent(instance.sopInstanceUid)}/preview`;
  const src = `${path}?size=${VIEWER_PX}${frames > 1 ? `&frame=${shownFrame}` : ''}`;
  const where = t('studies.viewer.position', { position, count });
  return (
    <div class="viewer">
      <Picture
        src={src}
        alt={t('studies.preview.of-instance', { position: where })}
        sizePx={VIEWER_PX}
        isLazy={false}
      />
      {count > 1 && (
        <Slider
          label={t('studies.viewer.instance')}
          words={where}
          value={position}
          max={count}
          onValue={onPosition}
        />
      )}
      {frames > 1 && (
        <Slider
          label={t('studies.viewer.frame')}
          words={t('studies.viewer.frame-position', { frame, count: frames })}
          value={frame}
          max={frames}
          onValue={setFrame}
        />
      )}
    </div>
  );
}

interface SliderProps {
  label: string;
  /** Where it stands. */
  words: string;
  /** From 1. */
  value: number;
  max: number;
  onValue(value: number): void;
}

function Slider({ label, words, value, max, onValue }: SliderProps) {
  return (
    <div class="slider">
      <input
        type="range"
        aria-label={label}
        aria-valuetext={words}
        min={1}
        max={max}
        value={value}
        onInput={(event) => onValue(Number(event.currentTarget.value))}
      />
      <span class="slider-words">{words}</span>
    </div>
  );
}

/** The value, once it has not changed for `restMs`. */
function useRested<T>(value: T, restMs: number): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), restMs);
    return () => clearTimeout(timer);
  }, [value, restMs]);
  return rested;
}
