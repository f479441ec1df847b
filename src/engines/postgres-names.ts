/** A Postgres identifier, quoted so that whatever it holds is taken as a name. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A Postgres string literal, for the places where no parameter may stand. */
export function literal(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}
