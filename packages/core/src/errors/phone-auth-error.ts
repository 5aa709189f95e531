import { ERROR_STATUS } from './status.ts'

/** Marks errors of this library, across copies of the package. */
export const BRAND: unique symbol = Symbol.for('phone-auth.error')

/**
 * The base of every error this library throws on purpose. Anything else that it throws is a bug.
 *
 * Messages say what happened and what to do. They never contain a code, a token, a secret or a
 * whole phone number.
 */
export abstract class PhoneAuthError extends Error {
  abstract override readonly name: string
  /** Identifies what went wrong. It is the same on the wire and in every version. */
  abstract readonly code: PhoneAuthErrorCode
  /** Marks the error for {@link isPhoneAuthError}, across copies of the package. */
  readonly [BRAND] = true as const
  #status: number | undefined

  /**
   * The HTTP status that fits the error. Frameworks such as Express, Koa and Fastify read it if a
   * route of your application lets the error through. Some of them also set it.
   */
  get status(): number {
    return this.#status ?? ERROR_STATUS[this.code]
  }

  set status(status: number) {
    this.#status = status
  }
}

/**
 * The `code` of every {@link AnyPhoneAuthError}. Each code has an HTTP status, the `status` of the
 * error.
 */
export type PhoneAuthErrorCode = keyof typeof ERROR_STATUS
