/**
 * Keeps every n-th of a number of pictures that is not known before, at most so many: every second one goes when there are too many.
 */
export class Thinned<Picture> {
  every = 1;
  private readonly kept: { frame: number; picture: Picture }[] = [];

  constructor(private readonly most: number) {}

  wants(frame: number): boolean {
    return frame % this.every === 0;
  }

  add(frame: number, picture: Picture): void {
    this.kept.push({ frame, picture });
    if (this.kept.length <= this.most) return;
    this.every *= 2;
    const left = this.kept.filter((one) => this.wants(one.frame));
    this.kept.splice(0, this.kept.length, ...left);
  }

  all(): readonly { frame: number; picture: Picture }[] {
    return this.kept;
  }
}
