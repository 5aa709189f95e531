import { testRaces } from '@phone-auth/sql-tests/races'
import { postgresSubject } from './subject.ts'

testRaces(postgresSubject)
