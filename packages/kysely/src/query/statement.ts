import { type CompiledQuery, type Kysely, type RawBuilder, sql } from 'kysely'
import type { Tables } from '../schema/tables.ts'
import type { SqlVocabulary } from './vocabulary.ts'

/** What a statement is built from. */
export interface Writing<Input> {
  readonly db: Kysely<Tables>
  readonly dialect: SqlVocabulary
  /** A placeholder for each value of the input. */
  readonly input: { readonly [Name in keyof Input]-?: RawBuilder<Input[Name]> }
  /** The instant at which the statement runs, by the store's clock. */
  readonly now: RawBuilder<Date>
  /** The instant that the application gives; `null` if the database reads its clock. */
  readonly givenNow: RawBuilder<Date | null>
}

/** A statement that is written once for each set of stores and then only receives values. */
export type Statement<Input, Row> = (writing: Writing<Input>) => {
  compile(db: Kysely<Tables>): CompiledQuery<Row>
}

/** Gives a statement the values of an input, at an instant. */
type Bind = <Input extends object, Row>(statement: Statement<Input, Row>, input: Input, now: Date) => CompiledQuery<Row>

/** Marks where a statement takes the value `name` of its input. */
class Placeholder {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

// No property of an input has this name.
const NOW = 'now()'

const placeholders: object = new Proxy(
  {},
  { get: (_, name) => (typeof name === 'string' ? sql`${new Placeholder(name)}` : undefined) },
)

/**
 * Gives statements their values. Each statement is compiled at its first use, because compiling
 * costs several times what a driver needs to run it.
 *
 * `clock` replaces the clock of the database in tests.
 */
export function statementBinder(db: Kysely<Tables>, dialect: SqlVocabulary, clock: (() => Date) | null): Bind {
  const written = new Map<unknown, CompiledQuery>()
  const given = sql<Date>`${new Placeholder(NOW)}`
  const isGiven = dialect.clock === null || clock !== null
  const now = isGiven ? given : (dialect.clock as RawBuilder<Date>)
  const givenNow = isGiven ? given : sql<null>`null`
  const write = (statement: Statement<never, unknown>): CompiledQuery => {
    const compiled = statement({ db, dialect, now, givenNow, input: placeholders as Writing<never>['input'] }).compile(
      db,
    )
    written.set(statement, compiled as CompiledQuery)
    return compiled as CompiledQuery
  }
  return <Input extends object, Row>(statement: Statement<Input, Row>, input: Input, instant: Date) => {
    const compiled = written.get(statement) ?? write(statement as Statement<never, unknown>)
    const parameters = compiled.parameters.map((parameter) => {
      if (!(parameter instanceof Placeholder)) return parameter
      return parameter.name === NOW ? dialect.instant(instant) : input[parameter.name as keyof Input]
    })
    return { ...compiled, parameters } as CompiledQuery as CompiledQuery<Row>
  }
}
