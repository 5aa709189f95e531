import { unknownField } from '../errors/http-error.ts'
import { snakeCase } from '../wire/names.ts'

/**
 * Converts the JSON names of profile fields to the library's names.
 *
 * @throws {@link HttpError} for an unknown field.
 */
export function profileInput(
  body: Readonly<Record<string, unknown>>,
  fields: readonly string[],
): Record<string, unknown> {
  const byWireName = new Map(fields.map((field) => [snakeCase(field), field]))
  const entries = Object.entries(body).map(([name, value]) => {
    const field = byWireName.get(name)
    if (field === undefined) throw unknownField(name)
    return [field, value]
  })
  return Object.fromEntries(entries)
}
