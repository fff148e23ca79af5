/// Provision: what has to be there before a process can be started, beyond the program itself.
///
/// Two things: the virtual environment of a service that is made of Python packages
/// (`process.python`), and a program whose file must have a known digest (`process.sha256`).
///
/// ```
///   STATE/python/NAME/               a virtual environment
///   STATE/python/NAME/switchyard.seal   written last, so what has one is whole
///   STATE/python/NAME.lock           held while somebody makes it; empties itself with its holder
/// ```
///
/// NAME is a digest of everything that an environment follows from (packages, lock file, sources,
/// interpreter), so one that exists is never changed: another lock file is another environment. Its
/// seal holds the mark of the interpreter's file: when the system replaces that, it is made anew. It
/// is made in its own place and not renamed into it, since the first line of every program in it holds
/// its path; the seal is what is renamed into place. The lock is one of the kernel's (flock), which a
/// process that dies cannot leave behind.
///
/// Making one takes seconds to minutes and blocks: it is done by a process of its own
/// (`switchyard-gateway --build-environment`, or `switchyard prepare`) and never on the loop.
/// Nothing here refuses a program that nobody asked to have checked.
package enum Provision {}
