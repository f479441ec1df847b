/** The package has no types of its own. Numbers stay text, as they were written. */
declare module 'parse-prometheus-text-format' {
  export interface ParsedFamily {
    readonly name: string
    readonly help: string
    readonly type: string
    readonly metrics: readonly {
      readonly labels?: Readonly<Record<string, string>>
      readonly value?: string
    }[]
  }
  export default function parsePrometheusTextFormat(text: string): ParsedFamily[]
}
