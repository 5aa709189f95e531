import { unknownField } from '../errors/http-error.ts'
import { renamed, snakeCase } from '../wire/names.ts'
import type { Rule } from '../wire/rules.ts'

/**
 * Converts the JSON names of profile fields, and of the fields within them, to the names in the
 * schema.
 *
 * @throws {@link HttpError} for an unknown field.
 */
export function profileInput(body: Readonly<Record<string, unknown>>, schema: Rule): Record<string, unknown> {
  const input = renamed(body, [schema], {
    from: snakeCase,
    to: (field) => field,
    onOther: (key, fields, path) => {
      // Within a field, the schema decides about unknown keys. But no field has two names.
      if (path.length === 0 || fields.includes(key)) throw unknownField([...path, key].join('.'))
    },
  })
  return input as Record<string, unknown>
}
