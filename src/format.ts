/** Numbers as people read them. */

/** A duration: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'unknown';
  if (isBelow(10, seconds.toFixed(1))) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A number of bytes: `812 B`, `3.4 MB`. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [value, power] = [bytes, 0];
  const shown = () => value.toFixed(power === 0 ? 0 : 1);
  while (!isBelow(1000, shown()) && power < units.length - 1) {
    value /= 1000;
    power++;
  }
  return `${shown()} ${units[power]}`;
}

/** A loss or a metric with four significant digits. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(2) : Number(value.toPrecision(4)).toString();
}

/** `1 step`, `1,200 steps`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** A rate: whole from 10 on, `1,234`. */
export function rounded(rate: number): string {
  return isBelow(10, rate.toFixed(1)) ? rate.toFixed(1) : Math.round(rate).toLocaleString('en');
}

/** A share from 0 to 1: `63 %`. */
export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** A similarity from -1 to 1, all with as many digits: `0.9731`. */
export function similarity(cosine: number): string {
  return cosine.toFixed(4);
}

/** Whether a number as it is written, after rounding, is below a bound. */
const isBelow = (bound: number, written: string): boolean => Number(written) < bound;
