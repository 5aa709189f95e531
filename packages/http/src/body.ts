import { InvalidInputError } from '@phone-auth/core'
import { parse as parseStrictly } from 'lossless-json'
import type { z } from 'zod'
import { HttpError } from './errors.ts'

/**
 * Reads a request's JSON body and checks it against `schema`.
 *
 * Only `application/json` is read, so that no HTML form of another site can send it (OWASP ASVS 5 section 3.5.2); a key that stands
 * twice, which two parsers may read in two ways, is refused; so are unknown keys, by name.
 */
export async function readBody<Schema extends z.ZodType>(request: Request, schema: Schema): Promise<z.output<Schema>> {
  const mediaType = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (mediaType !== 'application/json') {
    throw new HttpError('unsupported_media_type', 'Send JSON with Content-Type: application/json.')
  }
  const result = schema.safeParse(parseJson(await request.text()))
  if (!result.success) throw inputError(result.error.issues[0])
  return result.data
}

function parseJson(text: string): unknown {
  try {
    // `JSON.parse` cannot tell that a key stands twice, this parser can; its value is not used, because it sets `__proto__`.
    parseStrictly(text)
    return JSON.parse(text)
  } catch {
    throw new HttpError('malformed_json', 'The body is not valid JSON, or names a key twice.')
  }
}

function inputError(issue: z.core.$ZodIssue | undefined): InvalidInputError {
  if (issue?.code === 'unrecognized_keys') {
    return new InvalidInputError(issue.keys[0] ?? 'body', 'left out: this request has no such field')
  }
  const field = issue?.path.join('.') || 'body'
  const expected = issue?.code === 'invalid_type' ? issue.expected : 'as documented'
  return new InvalidInputError(field, expected === 'string' ? 'a string' : expected === 'object' ? 'a JSON object' : expected)
}
