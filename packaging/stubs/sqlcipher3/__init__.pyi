# The package re-exports its `dbapi2`.
from sqlcipher3.dbapi2 import (
    PARSE_COLNAMES as PARSE_COLNAMES,
)
from sqlcipher3.dbapi2 import (
    PARSE_DECLTYPES as PARSE_DECLTYPES,
)
from sqlcipher3.dbapi2 import (
    SQLITE_ABORT as SQLITE_ABORT,
)
from sqlcipher3.dbapi2 import (
    SQLITE_ALTER_TABLE as SQLITE_ALTER_TABLE,
)
from sqlcipher3.dbapi2 import (
    SQLITE_ANALYZE as SQLITE_ANALYZE,
)
from sqlcipher3.dbapi2 import (
    SQLITE_ATTACH as SQLITE_ATTACH,
)
from sqlcipher3.dbapi2 import (
    SQLITE_AUTH as SQLITE_AUTH,
)
from sqlcipher3.dbapi2 import (
    SQLITE_BUSY as SQLITE_BUSY,
)
from sqlcipher3.dbapi2 import (
    SQLITE_CANTOPEN as SQLITE_CANTOPEN,
)
from sqlcipher3.dbapi2 import (
    SQLITE_CONSTRAINT as SQLITE_CONSTRAINT,
)
from sqlcipher3.dbapi2 import (
    SQLITE_CORRUPT as SQLITE_CORRUPT,
)
from sqlcipher3.dbapi2 import (
    SQLITE_CREATE_INDEX as SQLITE_CREATE_INDEX,
)
from sqlcipher3.dbapi2 import (
    SQLITE_CREATE_TABLE as SQLITE_CREATE_TABLE,
)
from sqlcipher3.dbapi2 import (
    SQLITE_CREATE_TEMP_INDEX as SQLITE_CREATE_TEMP_INDEX,
)
from sqlcipher3.dbapi2 import (
    SQLITE_CREATE_TEMP_TABLE as SQLITE_CREATE_TEMP_TABLE,
)
from sqlcipher3.dbapi2 import (
    SQLITE_CREATE_TEMP_TRIGGER as SQLITE_CREATE_TEMP_TRIGGER,
)
from sqlcipher3.dbapi2 import (
    SQLITE_CREATE_TEMP_VIEW as SQLITE_CREATE_TEMP_VIEW,
)
from sqlcipher3.dbapi2 import (
    SQLITE_CREATE_TRIGGER as SQLITE_CREATE_TRIGGER,
)
from sqlcipher3.dbapi2 import (
    SQLITE_CREATE_VIEW as SQLITE_CREATE_VIEW,
)
from sqlcipher3.dbapi2 import (
    SQLITE_CREATE_VTABLE as SQLITE_CREATE_VTABLE,
)
from sqlcipher3.dbapi2 import (
    SQLITE_DELETE as SQLITE_DELETE,
)
from sqlcipher3.dbapi2 import (
    SQLITE_DENY as SQLITE_DENY,
)
from sqlcipher3.dbapi2 import (
    SQLITE_DETACH as SQLITE_DETACH,
)
from sqlcipher3.dbapi2 import (
    SQLITE_DONE as SQLITE_DONE,
)
from sqlcipher3.dbapi2 import (
    SQLITE_DROP_INDEX as SQLITE_DROP_INDEX,
)
from sqlcipher3.dbapi2 import (
    SQLITE_DROP_TABLE as SQLITE_DROP_TABLE,
)
from sqlcipher3.dbapi2 import (
    SQLITE_DROP_TEMP_INDEX as SQLITE_DROP_TEMP_INDEX,
)
from sqlcipher3.dbapi2 import (
    SQLITE_DROP_TEMP_TABLE as SQLITE_DROP_TEMP_TABLE,
)
from sqlcipher3.dbapi2 import (
    SQLITE_DROP_TEMP_TRIGGER as SQLITE_DROP_TEMP_TRIGGER,
)
from sqlcipher3.dbapi2 import (
    SQLITE_DROP_TEMP_VIEW as SQLITE_DROP_TEMP_VIEW,
)
from sqlcipher3.dbapi2 import (
    SQLITE_DROP_TRIGGER as SQLITE_DROP_TRIGGER,
)
from sqlcipher3.dbapi2 import (
    SQLITE_DROP_VIEW as SQLITE_DROP_VIEW,
)
from sqlcipher3.dbapi2 import (
    SQLITE_DROP_VTABLE as SQLITE_DROP_VTABLE,
)
from sqlcipher3.dbapi2 import (
    SQLITE_EMPTY as SQLITE_EMPTY,
)
from sqlcipher3.dbapi2 import (
    SQLITE_ERROR as SQLITE_ERROR,
)
from sqlcipher3.dbapi2 import (
    SQLITE_FORMAT as SQLITE_FORMAT,
)
from sqlcipher3.dbapi2 import (
    SQLITE_FULL as SQLITE_FULL,
)
from sqlcipher3.dbapi2 import (
    SQLITE_FUNCTION as SQLITE_FUNCTION,
)
from sqlcipher3.dbapi2 import (
    SQLITE_IGNORE as SQLITE_IGNORE,
)
from sqlcipher3.dbapi2 import (
    SQLITE_INSERT as SQLITE_INSERT,
)
from sqlcipher3.dbapi2 import (
    SQLITE_INTERNAL as SQLITE_INTERNAL,
)
from sqlcipher3.dbapi2 import (
    SQLITE_INTERRUPT as SQLITE_INTERRUPT,
)
from sqlcipher3.dbapi2 import (
    SQLITE_IOERR as SQLITE_IOERR,
)
from sqlcipher3.dbapi2 import (
    SQLITE_LOCKED as SQLITE_LOCKED,
)
from sqlcipher3.dbapi2 import (
    SQLITE_MISMATCH as SQLITE_MISMATCH,
)
from sqlcipher3.dbapi2 import (
    SQLITE_MISUSE as SQLITE_MISUSE,
)
from sqlcipher3.dbapi2 import (
    SQLITE_NOLFS as SQLITE_NOLFS,
)
from sqlcipher3.dbapi2 import (
    SQLITE_NOMEM as SQLITE_NOMEM,
)
from sqlcipher3.dbapi2 import (
    SQLITE_NOTADB as SQLITE_NOTADB,
)
from sqlcipher3.dbapi2 import (
    SQLITE_NOTFOUND as SQLITE_NOTFOUND,
)
from sqlcipher3.dbapi2 import (
    SQLITE_OK as SQLITE_OK,
)
from sqlcipher3.dbapi2 import (
    SQLITE_OPEN_CREATE as SQLITE_OPEN_CREATE,
)
from sqlcipher3.dbapi2 import (
    SQLITE_OPEN_FULLMUTEX as SQLITE_OPEN_FULLMUTEX,
)
from sqlcipher3.dbapi2 import (
    SQLITE_OPEN_MEMORY as SQLITE_OPEN_MEMORY,
)
from sqlcipher3.dbapi2 import (
    SQLITE_OPEN_NOMUTEX as SQLITE_OPEN_NOMUTEX,
)
from sqlcipher3.dbapi2 import (
    SQLITE_OPEN_PRIVATECACHE as SQLITE_OPEN_PRIVATECACHE,
)
from sqlcipher3.dbapi2 import (
    SQLITE_OPEN_READONLY as SQLITE_OPEN_READONLY,
)
from sqlcipher3.dbapi2 import (
    SQLITE_OPEN_READWRITE as SQLITE_OPEN_READWRITE,
)
from sqlcipher3.dbapi2 import (
    SQLITE_OPEN_SHAREDCACHE as SQLITE_OPEN_SHAREDCACHE,
)
from sqlcipher3.dbapi2 import (
    SQLITE_OPEN_URI as SQLITE_OPEN_URI,
)
from sqlcipher3.dbapi2 import (
    SQLITE_PERM as SQLITE_PERM,
)
from sqlcipher3.dbapi2 import (
    SQLITE_PRAGMA as SQLITE_PRAGMA,
)
from sqlcipher3.dbapi2 import (
    SQLITE_PROTOCOL as SQLITE_PROTOCOL,
)
from sqlcipher3.dbapi2 import (
    SQLITE_RANGE as SQLITE_RANGE,
)
from sqlcipher3.dbapi2 import (
    SQLITE_READ as SQLITE_READ,
)
from sqlcipher3.dbapi2 import (
    SQLITE_READONLY as SQLITE_READONLY,
)
from sqlcipher3.dbapi2 import (
    SQLITE_RECURSIVE as SQLITE_RECURSIVE,
)
from sqlcipher3.dbapi2 import (
    SQLITE_REINDEX as SQLITE_REINDEX,
)
from sqlcipher3.dbapi2 import (
    SQLITE_ROW as SQLITE_ROW,
)
from sqlcipher3.dbapi2 import (
    SQLITE_SAVEPOINT as SQLITE_SAVEPOINT,
)
from sqlcipher3.dbapi2 import (
    SQLITE_SCHEMA as SQLITE_SCHEMA,
)
from sqlcipher3.dbapi2 import (
    SQLITE_SELECT as SQLITE_SELECT,
)
from sqlcipher3.dbapi2 import (
    SQLITE_TOOBIG as SQLITE_TOOBIG,
)
from sqlcipher3.dbapi2 import (
    SQLITE_TRANSACTION as SQLITE_TRANSACTION,
)
from sqlcipher3.dbapi2 import (
    SQLITE_UPDATE as SQLITE_UPDATE,
)
from sqlcipher3.dbapi2 import (
    Binary as Binary,
)
from sqlcipher3.dbapi2 import (
    Connection as Connection,
)
from sqlcipher3.dbapi2 import (
    Cursor as Cursor,
)
from sqlcipher3.dbapi2 import (
    DatabaseError as DatabaseError,
)
from sqlcipher3.dbapi2 import (
    DataError as DataError,
)
from sqlcipher3.dbapi2 import (
    Error as Error,
)
from sqlcipher3.dbapi2 import (
    IntegrityError as IntegrityError,
)
from sqlcipher3.dbapi2 import (
    InterfaceError as InterfaceError,
)
from sqlcipher3.dbapi2 import (
    InternalError as InternalError,
)
from sqlcipher3.dbapi2 import (
    NotSupportedError as NotSupportedError,
)
from sqlcipher3.dbapi2 import (
    OperationalError as OperationalError,
)
from sqlcipher3.dbapi2 import (
    ProgrammingError as ProgrammingError,
)
from sqlcipher3.dbapi2 import (
    Row as Row,
)
from sqlcipher3.dbapi2 import (
    complete_statement as complete_statement,
)
from sqlcipher3.dbapi2 import (
    connect as connect,
)
from sqlcipher3.dbapi2 import (
    enable_callback_tracebacks as enable_callback_tracebacks,
)
from sqlcipher3.dbapi2 import (
    register_adapter as register_adapter,
)
from sqlcipher3.dbapi2 import (
    sqlite_version as sqlite_version,
)
from sqlcipher3.dbapi2 import (
    sqlite_version_info as sqlite_version_info,
)
from sqlcipher3.dbapi2 import (
    threadsafety as threadsafety,
)
