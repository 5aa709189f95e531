import { parse as parseStrictly } from 'lossless-json'
import type { z } from 'zod'
import { BodyReadError, BodyTooLargeError } from '../errors/body-errors.ts'
import { HttpError, unknownField } from '../errors/http-error.ts'
import type { HttpCall } from './call.ts'

const MAX_BODY_BYTES = 8 * 1024

/**
 * Reads a request's JSON body and checks it against `schema`.
 *
 * It reads only `application/json`, which HTML forms of other sites cannot send (OWASP ASVS 5
 * section 3.5.2). It refuses unknown keys, by name. It also refuses a key with two values, which
 * two parsers may read differently. In the fields of `schema`, `null` and `""` mean absent.
 */
export async function readBody<Schema extends z.ZodObject>(call: HttpCall, schema: Schema): Promise<z.output<Schema>> {
  const mediaType = call.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (mediaType !== 'application/json') {
    throw new HttpError('unsupported_media_type', 'Send JSON with Content-Type: application/json.')
  }
  const body = parseJson(await reading(MAX_BODY_BYTES, () => call.readText(MAX_BODY_BYTES)))
  const result = schema.safeParse(withoutAbsent(body, schema.shape))
  if (!result.success) throw inputError(result.error.issues[0])
  return result.data
}

/** Reads a body like {@link readBody}. A missing body counts as an empty object. */
export async function readOptionalBody<Schema extends z.ZodObject>(
  call: HttpCall,
  schema: Schema,
): Promise<z.output<Schema>> {
  const { headers } = call
  const length = headers.get('content-length') ?? '0'
  const isThere = headers.get('content-type') !== null || headers.get('transfer-encoding') !== null || length !== '0'
  return isThere ? readBody(call, schema) : schema.parse({})
}

function parseJson(text: string): unknown {
  try {
    // `JSON.parse` accepts a key with two values; this parser refuses it. Its result is not used,
    // because it sets `__proto__`.
    parseStrictly(text)
    return JSON.parse(text, (key, value: unknown) => {
      if (key === '__proto__') throw unknownField(key)
      return value
    })
  } catch (error) {
    if (error instanceof HttpError) throw error
    throw new HttpError('malformed_json', 'The body is not valid JSON, or a key in it has two values.')
  }
}

// Some clients cannot leave a field out.
function withoutAbsent(body: unknown, fields: object): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  const isAbsent = (name: string, value: unknown) => Object.hasOwn(fields, name) && (value === null || value === '')
  return Object.fromEntries(Object.entries(body).filter(([name, value]) => !isAbsent(name, value)))
}

function inputError(issue: z.core.$ZodIssue | undefined): HttpError {
  if (issue?.code === 'unrecognized_keys') return unknownField(issue.keys[0] ?? '')
  const field = issue?.path.join('.') || 'body'
  return new HttpError('invalid_input', `${field} ${issue?.message}.`, field)
}

/** Reads a body. @throws {@link HttpError} if it is too large or incomplete. */
export async function reading<Body>(maxBytes: number, read: () => Promise<Body>): Promise<Body> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof BodyTooLargeError) {
      throw new HttpError('body_too_large', `The body has more than ${maxBytes} bytes.`)
    }
    if (error instanceof BodyReadError) throw error
    throw new HttpError('malformed_json', 'The body is incomplete.')
  }
}
