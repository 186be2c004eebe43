import { formatCount, formatQuantity } from "./format-number.ts";

const BYTE_UNITS = ["bytes", "kB", "MB", "GB", "TB", "PB"] as const;

/** Bytes in decimal units with three digits: `81.4 kB`. */
export function formatBytes(bytes: number): string {
  let unit = 0;
  let size = bytes;
  while (size >= 999.5 && unit < BYTE_UNITS.length - 1) {
    size /= 1000;
    unit++;
  }
  return unit === 0 ? formatQuantity(size, "byte") : `${threeDigits(size)} ${BYTE_UNITS[unit]}`;
}

/** A time that passed: `38 ms`, `0.6 s`, `12 s`, `3 min 05 s`, `2 h 07 min`. */
export function formatDuration(ms: number): string {
  if (ms < 99.5) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${formatCount(Math.floor(minutes / 60))} h ${twoDigits(minutes % 60)} min`;
}

/** How many a second: two digits below ten, whole ones above. */
export function formatRate(perSecond: number): string {
  return perSecond < 9.95 ? perSecond.toFixed(1) : formatCount(perSecond);
}

/** A share from 0 to 1 in whole percent; only nothing is 0 % and only everything is 100 %. */
export function formatShare(share: number): string {
  if (share <= 0) return "0 %";
  if (share >= 1) return "100 %";
  return `${Math.min(99, Math.max(1, Math.round(share * 100)))} %`;
}

function threeDigits(size: number): string {
  return size < 9.995 ? size.toFixed(2) : size < 99.95 ? size.toFixed(1) : size.toFixed(0);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
