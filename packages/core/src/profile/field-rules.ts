import { z } from 'zod'
import { utf8 } from '../crypto/bytes.ts'

const text = () =>
  z.string({ error: ({ input }) => (input === undefined || input === null ? 'is required' : 'must be text') })

// What a person sees: neither white space, combining marks and controls, nor the letters and
// symbols that are blank.
const VISIBLE = /(?![\p{Default_Ignorable_Code_Point}\u2800])[\p{L}\p{N}\p{P}\p{S}]/gu

/** A text in one line, with at least one visible character. */
export const line = (max: number) =>
  text()
    .trim()
    .max(max, `must have at most ${max} characters`)
    // A database cannot store some controls and broken characters. The others could forge a line of
    // a log, or reorder the text around a name.
    .regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]*$/u, 'must not contain control characters')
    .refine((value) => value.search(VISIBLE) >= 0, 'must have a visible character')

/**
 * The name of a person. In scripts without upper and lower case, such as Chinese, Hindi or Burmese,
 * a name can be a single letter.
 */
export const personName = line(100).refine((name) => {
  const visible = name.match(VISIBLE) ?? []
  return visible.length !== 1 || /\p{Lo}/u.test(visible[0])
}, 'must have 2 to 100 characters')

// Letters, marks and digits of any script. Joiners follow a mark: Indian scripts write some letters
// with them (RFC 5892 appendix A).
const UNICODE = '\\p{L}\\p{M}\\p{N}'
const JOINER = '(?<=\\p{M})[\\u200c\\u200d]'
const ATOM = `(?:[${UNICODE}!#$%&'*+/=?^_\`{|}~-]|${JOINER})+`
const LABEL = `[\\p{L}\\p{N}](?:(?:[${UNICODE}-]|${JOINER})*[${UNICODE}])?`

// Atoms of RFC 5322 section 3.2.3, extended by RFC 6532 section 3.2, at a domain name of at least
// two labels, the last of which is no number.
const EMAIL_ADDRESS = new RegExp(`^${ATOM}(?:\\.${ATOM})*@(?:${LABEL}\\.)+(?!\\p{N}+$)(?=..)${LABEL}$`, 'u')

// RFC 5321 section 4.5.3.1, in bytes.
const MAX_LOCAL_PART = 64
const MAX_EMAIL_ADDRESS = 254

/** An e-mail address, also an internationalised one (RFC 6531). */
export const emailAddress = text()
  .trim()
  .regex(EMAIL_ADDRESS, 'must be an e-mail address')
  .refine(
    (address) =>
      utf8(address).length <= MAX_EMAIL_ADDRESS &&
      utf8(address.slice(0, address.lastIndexOf('@'))).length <= MAX_LOCAL_PART,
    `must have at most ${MAX_EMAIL_ADDRESS} bytes, and at most ${MAX_LOCAL_PART} before the @`,
  )

/** The birth date of a living person. */
export const birthDate = z.iso
  .date({ error: 'must be a date, YYYY-MM-DD', abort: true })
  .refine((date) => Date.parse(date) < Date.now(), 'must be in the past')
  .refine((date) => date >= '1900-01-01', 'must not be before 1900')
