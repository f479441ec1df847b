/** What is drawn of a section: a horizontal bar for each value. */
export interface Chart {
  /** Of the file, without its ending. */
  readonly name: string
  readonly title: string
  readonly bars: readonly Bar[]
}

export interface Bar {
  readonly label: string
  readonly value: number
  /** The value in words. */
  readonly text: string
  /** Ours, among others. */
  readonly ours: boolean
}
