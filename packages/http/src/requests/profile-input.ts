import { unknownField } from '../errors/http-error.ts'
import { snakeCase } from '../wire/names.ts'

/**
 * The profile fields of a body under the library's names. @throws {@link HttpError} for a field
 * that the profile does not have.
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
