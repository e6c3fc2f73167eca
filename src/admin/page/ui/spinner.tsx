/** Decoration: whoever waits says in words for what. */
export function Spinner({ size = 20 }: { size?: number }) {
  return (
    <svg class="spinner" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <circle cx="10" cy="10" r="7" class="spinner-track" />
      <path d="M10 3a7 7 0 0 1 7 7" />
    </svg>
  );
}
