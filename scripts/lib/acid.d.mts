export interface Claim {
  name: string;
  value: number;
  bound: number;
  margin: number;
}
export interface Run {
  seed: number;
  setting: string;
  date: string;
  machine: string;
  /** Tells versions of the learning run apart, see `sourceOf`; a run of another one does not count. */
  source: string;
  /** Null where it was not kept. */
  seconds: number | null;
  figures: Record<string, number>;
  claims: Claim[];
}
export interface Result {
  name: string;
  runs: Run[];
}
export interface Judged {
  name: string;
  margins: number[];
  mean: number;
  deviation: number;
  least: number;
  holds: boolean;
}
export const SETTINGS: readonly { words: string; environment: Record<string, string> }[];
export function judge(result: Result): Judged[];
export function spread(values: readonly number[]): { mean: number; deviation: number };
export function tableOf(results: readonly Result[]): string;
export function sourceOf(name: string, folder?: string): string;
export function isOfNow(result: Result): boolean;
