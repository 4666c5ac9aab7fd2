//! The C interface of libchdb, as its `chdb.h` declares it: the crate's only `unsafe` code.
//!
//! Everything above speaks of [`Session`] (one connection) and [`Output`] (one answer). Where the library is
//! looked for is [`crate::library`]'s business, which statements run where [`crate::sessions`]'s.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr::NonNull;

/// `chdb_connection`: what a query is run on. `chdb_connect` returns a pointer to one.
type Connection = *mut c_void;
/// `chdb_result *`.
type RawResult = *mut c_void;

type ConnectFn = unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut Connection;
type CloseFn = unsafe extern "C" fn(*mut Connection);
type QueryFn = unsafe extern "C" fn(
    Connection,
    *const c_char,
    usize,
    *const c_char,
    usize,
    *const *const c_char,
    *const usize,
    *const *const c_char,
    *const usize,
    usize,
) -> RawResult;
type DestroyFn = unsafe extern "C" fn(RawResult);
type BufferFn = unsafe extern "C" fn(RawResult) -> *mut c_char;
type LengthFn = unsafe extern "C" fn(RawResult) -> usize;
type ErrorFn = unsafe extern "C" fn(RawResult) -> *const c_char;
type CountFn = unsafe extern "C" fn(RawResult) -> u64;
type SecondsFn = unsafe extern "C" fn(RawResult) -> f64;
type SignalsFn = unsafe extern "C" fn(c_int);

/// The entry points used, resolved once. Lives as long as the process: libchdb starts threads and registers
/// exit handlers, so unloading it would pull the code from under them.
#[derive(Debug)]
pub(crate) struct Symbols {
    connect: ConnectFn,
    close: CloseFn,
    query: QueryFn,
    destroy: DestroyFn,
    buffer: BufferFn,
    length: LengthFn,
    error: ErrorFn,
    result_rows: CountFn,
    rows_read: CountFn,
    bytes_read: CountFn,
    rows_written: CountFn,
    bytes_written: CountFn,
    elapsed: SecondsFn,
}

/// Why a file cannot serve as libchdb.
pub(crate) enum LoadError {
    /// The dynamic loader refused it.
    NotLoadable(libloading::Error),
    /// It is a library, but not (this version of) libchdb.
    NoSymbol(&'static str),
    /// The thread that loaded it panicked.
    Panicked,
}

impl Symbols {
    /// Loads `path` and resolves every entry point. The library stays loaded for ever.
    pub(crate) fn load(path: &Path) -> Result<&'static Self, LoadError> {
        // SAFETY: loading runs the library's initialisers. The caller chose this file to be libchdb (an explicit
        // path, or the one the lock file pins by hash); its initialisers have no precondition.
        let library = unsafe { libloading::Library::new(path) }.map_err(LoadError::NotLoadable)?;
        let library = Box::leak(Box::new(library));
        let symbols = Self {
            connect: resolve(library, "chdb_connect")?,
            close: resolve(library, "chdb_close_conn")?,
            query: resolve(library, "chdb_query_with_params_n")?,
            destroy: resolve(library, "chdb_destroy_query_result")?,
            buffer: resolve(library, "chdb_result_buffer")?,
            length: resolve(library, "chdb_result_length")?,
            error: resolve(library, "chdb_result_error")?,
            result_rows: resolve(library, "chdb_result_rows_read")?,
            rows_read: resolve(library, "chdb_result_storage_rows_read")?,
            bytes_read: resolve(library, "chdb_result_storage_bytes_read")?,
            rows_written: resolve(library, "chdb_result_rows_written")?,
            bytes_written: resolve(library, "chdb_result_bytes_written")?,
            elapsed: resolve(library, "chdb_result_elapsed")?,
        };
        let signals: SignalsFn = resolve(library, "chdb_set_signal_handlers_enabled")?;
        // SAFETY: sets a flag, before any connection exists as the header asks. Without it libchdb takes over
        // SIGSEGV, SIGTSTP and others, which belong to the program (and to Rust's own stack overflow report).
        unsafe { signals(0) };
        Ok(Box::leak(Box::new(symbols)))
    }
}

/// The entry point `name` as a function of type `F`.
fn resolve<F: Copy>(library: &'static libloading::Library, name: &'static str) -> Result<F, LoadError> {
    // SAFETY: each caller asks for the function pointer type that chdb.h gives that name, and the library is
    // never unloaded, so the copied pointer stays valid.
    unsafe { library.get::<F>(name) }.map(|symbol| *symbol).map_err(|_| LoadError::NoSymbol(name))
}

/// One connection: current database, settings and temporary tables of its own. Runs one statement at a time.
#[derive(Debug)]
pub(crate) struct Session {
    symbols: &'static Symbols,
    handle: NonNull<Connection>,
}

// SAFETY: libchdb ties no connection to the thread that opened it (its own mutex guards each), and `run` takes
// `&mut self`, so two threads never use one at once.
unsafe impl Send for Session {}

impl Session {
    /// Connects with a command line like clickhouse-local's. `None` when libchdb refuses; it says why on standard
    /// error only.
    pub(crate) fn connect(symbols: &'static Symbols, arguments: &[CString]) -> Option<Self> {
        let mut pointers: Vec<*mut c_char> = arguments.iter().map(|a| a.as_ptr().cast_mut()).collect();
        let count = c_int::try_from(pointers.len()).ok()?;
        // SAFETY: `count` valid NUL-terminated strings that outlive the call; libchdb copies them and writes to none.
        let handle = unsafe { (symbols.connect)(count, pointers.as_mut_ptr()) };
        Some(Self { symbols, handle: NonNull::new(handle)? })
    }

    /// Runs one statement with its bound parameters and waits for the whole answer. Blocks.
    ///
    /// # Errors
    /// ClickHouse's exception text, `Code: N. DB::Exception: ...`.
    pub(crate) fn run(&mut self, sql: &[u8], format: &str, parameters: &[(String, String)]) -> Result<Output, String> {
        let names: Vec<*const c_char> = parameters.iter().map(|(name, _)| name.as_ptr().cast()).collect();
        let name_lengths: Vec<usize> = parameters.iter().map(|(name, _)| name.len()).collect();
        let values: Vec<*const c_char> = parameters.iter().map(|(_, value)| value.as_ptr().cast()).collect();
        let value_lengths: Vec<usize> = parameters.iter().map(|(_, value)| value.len()).collect();
        // SAFETY: the handle is live until drop and used by this thread alone (`&mut self`); all buffers are given
        // with their lengths, in arrays of `parameters.len()` entries, and outlive the call, which keeps no pointer.
        let result = unsafe {
            (self.symbols.query)(
                *self.handle.as_ptr(),
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                names.as_ptr(),
                name_lengths.as_ptr(),
                values.as_ptr(),
                value_lengths.as_ptr(),
                parameters.len(),
            )
        };
        let output = Output {
            symbols: self.symbols,
            result: NonNull::new(result).ok_or("Code: 49. DB::Exception: libchdb gave no answer. (LOGICAL_ERROR)")?,
        };
        match output.exception() {
            Some(text) => Err(text),
            None => Ok(output),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: the handle came from chdb_connect and is closed exactly once.
        unsafe { (self.symbols.close)(self.handle.as_ptr()) };
    }
}

/// What a statement gave: its bytes in the asked format, read in place, and the counts of work done.
#[derive(Debug)]
pub(crate) struct Output {
    symbols: &'static Symbols,
    result: NonNull<c_void>,
}

// SAFETY: a result owns its buffer, belongs to no thread, and is only read after it was made.
unsafe impl Send for Output {}
// SAFETY: as above; every method reads.
unsafe impl Sync for Output {}

/// The counts that ClickHouse reports in `X-ClickHouse-Summary`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Work {
    pub(crate) rows_read: u64,
    pub(crate) bytes_read: u64,
    pub(crate) rows_written: u64,
    pub(crate) bytes_written: u64,
    pub(crate) result_rows: u64,
    pub(crate) seconds: f64,
}

impl Output {
    fn exception(&self) -> Option<String> {
        // SAFETY: the result is live; a non-null answer is a NUL-terminated string owned by it.
        let text = unsafe { (self.symbols.error)(self.result.as_ptr()) };
        if text.is_null() {
            return None;
        }
        // SAFETY: not null, checked above.
        let text = unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned();
        (!text.is_empty()).then_some(text)
    }

    /// What the statement cost.
    pub(crate) fn work(&self) -> Work {
        let (symbols, result) = (self.symbols, self.result.as_ptr());
        // SAFETY: the result is live; these only read counters from it.
        unsafe {
            Work {
                rows_read: (symbols.rows_read)(result),
                bytes_read: (symbols.bytes_read)(result),
                rows_written: (symbols.rows_written)(result),
                bytes_written: (symbols.bytes_written)(result),
                result_rows: (symbols.result_rows)(result),
                seconds: (symbols.elapsed)(result),
            }
        }
    }
}

impl AsRef<[u8]> for Output {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: the result is live, and both calls only read from it.
        let (data, length) =
            unsafe { ((self.symbols.buffer)(self.result.as_ptr()), (self.symbols.length)(self.result.as_ptr())) };
        if data.is_null() || length == 0 {
            return &[];
        }
        // SAFETY: libchdb owns `length` initialised bytes at `data` until the result is destroyed, which needs the
        // owner that this borrow holds on to.
        unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length) }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // SAFETY: the result came from a query call and is destroyed exactly once.
        unsafe { (self.symbols.destroy)(self.result.as_ptr()) };
    }
}
