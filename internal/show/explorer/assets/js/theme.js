// Whether the page is light or dark, as the reader's system is.

const media = globalThis.matchMedia?.('(prefers-color-scheme: dark)');

export const isDark = () => media?.matches ?? false;

// onTheme calls back when the page turns light or dark.
export function onTheme(changed) {
  media?.addEventListener('change', changed);
}
