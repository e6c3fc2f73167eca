import { useState } from 'preact/hooks';
import { t } from '../../lib/i18n.ts';
import { Icon } from '../../ui/index.ts';

interface PictureProps {
  /** Of a preview route. */
  src: string;
  alt: string;
  /** Pixels of the square that is kept for it: nothing moves when it comes, or when there is none. */
  sizePx: number;
  isLazy?: boolean;
}

/** A preview picture; where the server has none (a report, a video), a quiet sign in its place. */
export function Picture({ src, alt, sizePx, isLazy = true }: PictureProps) {
  const [missing, setMissing] = useState<string | undefined>(undefined);
  const [shown, setShown] = useState<string | undefined>(undefined);
  if (missing === src) {
    return (
      <span class="picture picture-none" role="img" aria-label={t('studies.preview.none')}>
        <Icon name="image" />
        {sizePx > 128 && <span class="picture-words">{t('studies.preview.none')}</span>}
      </span>
    );
  }
  return (
    <span class={`picture ${shown === undefined ? 'picture-coming' : ''}`}>
      <img
        src={src}
        alt={alt}
        width={sizePx}
        height={sizePx}
        loading={isLazy ? 'lazy' : 'eager'}
        decoding="async"
        onLoad={() => setShown(src)}
        onError={() => setMissing(src)}
      />
    </span>
  );
}
