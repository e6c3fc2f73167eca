export function Brand() {
  return (
    <span class="brand">
      <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="7" class="brand-tile" />
        <path d="m16 6.5 10 5-10 5-10-5z" class="brand-sheet" />
        <path d="m6 16.5 10 5 10-5M6 21.5l10 5 10-5" class="brand-stack" />
      </svg>
      <span>Dicomkeep</span>
    </span>
  );
}
