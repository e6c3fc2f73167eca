import { useEffect, useRef, useState } from 'preact/hooks';

/**
 * A text as it is typed, told to `tell` when it has rested for `restMs`. Another `value` from outside (the address, after going back) takes its
 * place, unless one is typing.
 */
export function useDebounced(
  value: string,
  restMs: number,
  tell: (value: string) => void,
): readonly [text: string, type: (text: string) => void] {
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const latest = useRef(tell);
  latest.current = tell;

  useEffect(() => {
    if (timer.current === undefined) setText(value);
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const type = (next: string) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      timer.current = undefined;
      latest.current(next);
    }, restMs);
  };
  return [text, type];
}
