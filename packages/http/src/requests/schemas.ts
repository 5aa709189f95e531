import { z } from 'zod'

// The request bodies of the API. The library checks the values of phone numbers, codes and
// profiles.

const mustBe = (expected: string) => ({
  error: ({ input }: { readonly input?: unknown }) => (input === undefined ? 'is required' : `must be ${expected}`),
})
const text = z.string(mustBe('a string'))
const flag = z.boolean(mustBe('true or false'))
const aJsonObject = mustBe('a JSON object')

/** `POST /auth/signup` and `POST /auth/login`. */
export const startBody = z.strictObject({ phone_number: text, device_token: text.optional() }, aJsonObject)

/** `POST /auth/resend`. */
export const resendBody = z.strictObject({ challenge_id: text.optional(), phone_number: text.optional() }, aJsonObject)

/** `POST /auth/verify-otp` and `POST /auth/verify-login`. */
export const verifyBody = z.strictObject(
  {
    phone_number: text.optional(),
    otp_code: text,
    challenge_id: text.optional(),
    device_token: text.optional(),
  },
  aJsonObject,
)

/** `POST /auth/change-phone`. */
export const changePhoneBody = z.strictObject({ phone_number: text }, aJsonObject)

/** `POST /auth/verify-change-phone` and `POST /auth/verify-step-up`. */
export const verifySignedInBody = z.strictObject({ challenge_id: text, otp_code: text }, aJsonObject)

/** `POST /auth/logout-all`. */
export const logoutAllBody = z.strictObject({ keep_current: flag.optional() }, aJsonObject)

/** `POST /auth/refresh`. */
export const refreshBody = z.strictObject({ refresh_token: text }, aJsonObject)

/** `POST /auth/complete-profile`: the phone number and the profile, which the library checks. */
export const completeProfileBody = z.looseObject({ phone_number: text }, aJsonObject)

/** `PATCH /auth/profile`: the fields to change, which the library checks. */
export const updateProfileBody = z.looseObject({}, aJsonObject)
