import { type HttpAnswer, json } from './answer.ts'

/** Tokens for a client: the fields of the answer's body, and the cookies to set. */
export interface HandedTokens {
  readonly fields: {
    readonly token: string | null
    readonly refresh_token?: string | null
    readonly expires_in: number
  }
  readonly cookies: readonly string[]
}

/** Creates an answer that contains tokens, after a sign-in also the token of the device. */
export function withTokens(
  { fields, cookies }: HandedTokens,
  { message, data, deviceToken }: { message: string; data: unknown; deviceToken?: string | undefined },
): HttpAnswer {
  return {
    ...json({
      success: true,
      message,
      data,
      ...fields,
      ...(deviceToken !== undefined && { device_token: deviceToken }),
    }),
    cookies,
  }
}
