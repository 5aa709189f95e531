import { testRaces } from '@phone-auth/sql-tests/races'
import { sqliteSubject } from './subject.ts'

testRaces(sqliteSubject)
