import { z } from 'zod'

// The request bodies of the API. The library checks the values of phone numbers, codes and
// profiles.

/** `POST /auth/signup` and `POST /auth/login`. */
export const startBody = z.strictObject({ phone_number: z.string(), device_token: z.string().nullish() })

/** `POST /auth/resend`. */
export const resendBody = z.strictObject({ challenge_id: z.string().optional(), phone_number: z.string().optional() })

/** `POST /auth/verify-otp` and `POST /auth/verify-login`. */
export const verifyBody = z.strictObject({
  phone_number: z.string().optional(),
  otp_code: z.string(),
  challenge_id: z.string().optional(),
  device_token: z.string().nullish(),
})

/** `POST /auth/change-phone`. */
export const changePhoneBody = z.strictObject({ phone_number: z.string() })

/** `POST /auth/verify-change-phone` and `POST /auth/verify-step-up`. */
export const verifySignedInBody = z.strictObject({ challenge_id: z.string(), otp_code: z.string() })

/** `POST /auth/logout-all`. */
export const logoutAllBody = z.strictObject({ keep_current: z.boolean().optional() })

/** `POST /auth/refresh`. */
export const refreshBody = z.strictObject({ refresh_token: z.string() })

/** `POST /auth/complete-profile`: the phone number and the profile, which the library checks. */
export const completeProfileBody = z.looseObject({ phone_number: z.string() })

/** `PATCH /auth/profile`: the fields to change, which the library checks. */
export const updateProfileBody = z.looseObject({})
