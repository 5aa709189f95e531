import type { PhoneAuth } from './phone-auth.ts'
import type { ProfileSchema } from './profile/profile.ts'

/**
 * A {@link PhoneAuth} with any profile: the type for functions that do not depend on the fields of
 * a profile. Fields are checked when they are saved, not by the compiler.
 */
// biome-ignore lint/suspicious/noExplicitAny: the input of any schema must fit
export type AnyPhoneAuth = PhoneAuth<ProfileSchema<object, any>>
