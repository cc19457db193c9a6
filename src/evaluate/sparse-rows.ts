/** Vectors (N, D) nearly all of whose numbers are 0: only the others are kept, row by row. */
export class SparseRows {
  private constructor(
    /** D. */
    readonly size: number,
    /** Row i has the entries from `offsets[i]` to `offsets[i + 1]`. */
    private readonly offsets: Float64Array,
    private readonly columns: Int32Array,
    private readonly values: Float64Array,
  ) {}

  /** @param rows column and value of the entries of each row, every column once */
  static of(rows: Iterable<readonly (readonly [column: number, value: number])[]>, size: number): SparseRows {
    const [offsets, columns, values]: number[][] = [[0], [], []];
    for (const row of rows) {
      for (const [column, value] of row) {
        columns!.push(column);
        values!.push(value);
      }
      offsets!.push(columns!.length);
    }
    return new SparseRows(size, Float64Array.from(offsets!), Int32Array.from(columns!), Float64Array.from(values!));
  }

  get count(): number {
    return this.offsets.length - 1;
  }

  /** The rows at these positions. */
  at(positions: Int32Array): SparseRows {
    const offsets = new Float64Array(positions.length + 1);
    for (const [i, position] of positions.entries()) offsets[i + 1] = offsets[i]! + this.lengthOf(position);
    const columns = new Int32Array(offsets.at(-1)!);
    const values = new Float64Array(columns.length);
    for (const [i, position] of positions.entries()) {
      const [from, to] = [this.offsets[position]!, this.offsets[position + 1]!];
      columns.set(this.columns.subarray(from, to), offsets[i]);
      values.set(this.values.subarray(from, to), offsets[i]);
    }
    return new SparseRows(this.size, offsets, columns, values);
  }

  /** The mean over the rows of the squares in each column, [D]. */
  meanSquares(): Float64Array {
    const sums = new Float64Array(this.size);
    for (let i = 0; i < this.columns.length; i++) sums[this.columns[i]!]! += this.values[i]! ** 2 / this.count;
    return sums;
  }

  /**
   * Rows times weights.
   *
   * @param weights (D, C), row by row
   * @returns (N, C), row by row
   */
  times(weights: Float64Array, outputs: number): Float64Array {
    const { offsets, columns, values } = this;
    const products = new Float64Array(this.count * outputs);
    for (let row = 0; row < this.count; row++)
      for (let i = offsets[row]!; i < offsets[row + 1]!; i++) {
        const value = values[i]!;
        const from = columns[i]! * outputs;
        const to = row * outputs;
        for (let c = 0; c < outputs; c++) products[to + c]! += value * weights[from + c]!;
      }
    return products;
  }

  /**
   * Transposed rows times numbers for each row: with slopes of the products, the slope of the weights.
   *
   * @param slopes (N, C), row by row
   * @returns (D, C), row by row
   */
  transposedTimes(slopes: Float64Array, outputs: number): Float64Array {
    const { offsets, columns, values } = this;
    const sums = new Float64Array(this.size * outputs);
    for (let row = 0; row < this.count; row++)
      for (let i = offsets[row]!; i < offsets[row + 1]!; i++) {
        const value = values[i]!;
        const from = row * outputs;
        const to = columns[i]! * outputs;
        for (let c = 0; c < outputs; c++) sums[to + c]! += value * slopes[from + c]!;
      }
    return sums;
  }

  private lengthOf(row: number): number {
    return this.offsets[row + 1]! - this.offsets[row]!;
  }
}
