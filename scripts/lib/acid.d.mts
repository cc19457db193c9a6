export interface Claim {
  name: string;
  value: number;
  bound: number;
  margin: number;
}
export interface Run {
  seed: number;
  setting: string;
  /** Hash of the file that ran; a run of another version does not count. Absent from runs that are older than it. */
  source?: string;
  /** Null where it was not kept. */
  seconds: number | null;
  figures: Record<string, number>;
  claims: Claim[];
}
export interface Result {
  name: string;
  date: string;
  machine: string;
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
