/** What FFmpeg says of a file on stderr at `-v level+verbose`, read line by line. */

/** Errors that are kept. */
const KEPT_ERRORS = 20;

/** Kinds of files that announce when they end instead of how long they are: of one that starts late these differ. */
const ANNOUNCES_END = /^Input #\d+, (matroska|asf|nut)\b/;

/** Size and length of a video as its file announces them. */
export interface VideoHeader {
  /** In pixels as shown: after rotation, with square pixels. */
  width: number;
  height: number;
  /** From the first frame to the end; null where the file does not say. */
  seconds: number | null;
  framesPerSecond: number | null;
}

export class FfmpegLog {
  /** When each frame of the output is shown, in seconds from the start of the file; NaN where the file does not say. */
  readonly times: number[] = [];
  /** The first lines about errors, and how many there were. */
  readonly errors: string[] = [];
  errorCount = 0;
  /** Pieces of the file that hold a frame each; null until the end. */
  packets: number | null = null;
  /** Frames that were decoded, those that were not kept included; null until the end. */
  decoded: number | null = null;
  /** Frames that could not be decoded; null until the end. */
  failed: number | null = null;
  private seconds: number | null = null;
  private stream: Omit<VideoHeader, 'seconds'> | null = null;
  private rotation = 0;
  private section: 'before' | 'input' | 'after' = 'before';
  private isPicture = false;
  private announcesEnd = false;
  private rest = '';

  /** The first stream of moving pictures; null where there is none. */
  get header(): VideoHeader | null {
    if (this.stream === null) return null;
    const { width, height } = this.stream;
    const isLying = Math.abs(this.rotation) % 180 === 90;
    const size = isLying ? { width: height, height: width } : { width, height };
    return { ...this.stream, ...size, seconds: this.seconds };
  }

  /** Takes a piece of the output, cut anywhere. */
  add(piece: string): void {
    const lines = (this.rest + piece).split(/\r?\n|\r/);
    this.rest = lines.pop()!;
    for (const line of lines) this.line(line);
    // A hostile file could make one line of all.
    if (this.rest.length > MOST_LINE) this.rest = this.rest.slice(0, MOST_LINE);
  }

  /** Takes the last line, which may have no end. */
  end(): void {
    this.line(this.rest);
    this.rest = '';
  }

  private line(line: string): void {
    const shown = /^\[Parsed_showinfo_\d+ @ \S+\] \[info\] n: *\d+ +pts: *\S+ +pts_time: *(\S+)/.exec(line);
    if (shown !== null) {
      // `Number` of NOPTS is NaN.
      this.times.push(Number(shown[1]));
      return;
    }
    const [, message] = /^(?:\[[^\]]*\] )*\[(?:error|fatal|panic)\] *(.+)$/.exec(line) ?? [];
    if (message !== undefined) {
      this.errorCount++;
      if (this.errors.length < KEPT_ERRORS && !this.errors.includes(message)) this.errors.push(message.trim());
      return;
    }
    this.counts(line);
    if (line.startsWith('[info] ')) this.headerLine(line.slice('[info] '.length));
  }

  /** "  Input stream #0:1 (video): 456 packets read (...); 455 frames decoded; 0 decode errors;" */
  private counts(line: string): void {
    const found =
      /Input stream #\d+:\d+ \(video\): (\d+) packets read .*?(\d+) frames decoded(?:; (\d+) decode errors)?/.exec(
        line,
      );
    if (found === null) return;
    this.packets = (this.packets ?? 0) + Number(found[1]);
    this.decoded = (this.decoded ?? 0) + Number(found[2]);
    this.failed = (this.failed ?? 0) + Number(found[3] ?? 0);
  }

  private headerLine(text: string): void {
    if (text.startsWith('Input #')) {
      this.section = 'input';
      this.announcesEnd = ANNOUNCES_END.test(text);
    } else if (/^(Stream mapping|Output #|At least one output)/.test(text)) this.section = 'after';
    if (this.section !== 'input') return;
    if (text.startsWith('  Duration: ')) this.seconds = this.lengthIn(text);
    if (/^ +Stream #/.test(text)) this.streamLine(text);
    const turned = /^ +display ?matrix: rotation of (-?\d+(?:\.\d+)?) degrees/i.exec(text);
    if (turned !== null && this.isPicture) this.rotation = Math.round(Number(turned[1]));
  }

  /** "  Duration: 00:01:43.00, start: 100.000000, bitrate: 4 kb/s"; null for "N/A". */
  private lengthIn(text: string): number | null {
    const duration = /^ {2}Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)/.exec(text);
    if (duration === null) return null;
    const seconds = Number(duration[1]) * 3600 + Number(duration[2]) * 60 + Number(duration[3]);
    const start = Number(/, start: (\d+(?:\.\d+)?)/.exec(text)?.[1] ?? 0);
    return this.announcesEnd && start < seconds ? seconds - start : seconds;
  }

  /** "  Stream #0:1[0x2](eng): Video: h264 (High), yuv420p(...), 640x480 [SAR 1:1 DAR 4:3], 865 kb/s, 29.97 fps, ..." */
  private streamLine(text: string): void {
    const isVideo = /^ +Stream #\d+:\d+[^:]*: Video: /.test(text);
    this.isPicture = isVideo && !/\((attached pic|timed thumbnails)\)/.test(text) && this.stream === null;
    if (!this.isPicture) return;
    const size = /, (\d+)x(\d+)(?: \[SAR (\d+):(\d+) DAR)?/.exec(text);
    const rate = /, ([\d.]+)(k?) fps/.exec(text);
    const [width, height] = [Number(size?.[1] ?? 0), Number(size?.[2] ?? 0)];
    const [across, down] = [Number(size?.[3] ?? 1), Number(size?.[4] ?? 1)];
    const stretch = across > 0 && down > 0 ? across / down : 1;
    this.stream = {
      width: Math.round(width * stretch),
      height,
      framesPerSecond: rate === null ? null : Number(rate[1]) * (rate[2] === 'k' ? 1000 : 1),
    };
  }
}

const MOST_LINE = 100_000;
