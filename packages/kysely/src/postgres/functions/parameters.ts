import { type RawBuilder, sql } from 'kysely'
import type { Writing } from '../../query/statement.ts'

/** The input of a statement as the parameters of a function: their types in SQL. */
export type Parameters<Input> = { readonly [Name in keyof Input]-?: string }

// No column or variable has such a name.
const nameOf = (input: string) => `given_${input.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`

/** The parameters in the head of a function. */
export function declared(parameters: Parameters<object>): RawBuilder<unknown> {
  return sql.raw(
    Object.entries(parameters)
      .map(([input, type]) => `${nameOf(input)} ${type}`)
      .join(', '),
  )
}

/** The parameters as the input of the statements in a function. */
export function inside<Input>(parameters: Parameters<Input>): Writing<Input>['input'] {
  const names = Object.keys(parameters).map((input) => [input, sql.raw(nameOf(input))])
  return Object.fromEntries(names) as Writing<Input>['input']
}

/** The values of the parameters in a call of the function. */
export function passed<Input>(parameters: Parameters<Input>, input: Writing<Input>['input']): RawBuilder<unknown> {
  return sql.join(Object.keys(parameters).map((name) => input[name as keyof Input]))
}
