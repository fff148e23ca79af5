/// Hands the inputs of libFuzzer to a property and ends the process when it does not hold.
///
/// Built only under `SWITCHYARD_FUZZ=1` and `-sanitize=fuzzer`, which brings the driver and its
/// `LLVMFuzzerRunDriver`.
package enum FuzzDriver {
  nonisolated(unsafe) fileprivate static var property: ([UInt8]) -> String? = { _ in nil }

  /// Runs until the options of the command line say stop, or an input breaks `property`.
  package static func run(_ property: @escaping ([UInt8]) -> String?) {
    self.property = property
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    endProcess(runDriver(&count, &arguments, oneInput))
  }
}

private typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<Arguments>,
  _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@_silgen_name("exit")
private func endProcess(_ code: CInt) -> Never

/// The linker wants the name even though the driver is given the function.
@_cdecl("LLVMFuzzerTestOneInput")
public func oneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  if let violation = FuzzDriver.property(input) { fatalError(violation) }
  return 0
}
