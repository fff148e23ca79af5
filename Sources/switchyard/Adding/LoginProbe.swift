import Glibc
import HTTP
import Loop
import OAuth

/// One question to a remote server, without a token: does it want a login?
enum LoginProbe {
  enum Outcome {
    case open
    case wantsLogin
    case answers(Int)
    case failed(String)

    func text(_ login: String) -> String {
      switch self {
      case .open: "It answers without a login."
      case .wantsLogin: "It wants a login: \(login)"
      case .answers(let status): "It answers with status \(status). If it wants a login: \(login)"
      case .failed(let why): "\(why.printable()) If it wants a login: \(login)"
      }
    }
  }

  /// Bounded by `WebAddress.limits`.
  static func outcome(of url: String) -> Outcome {
    let result = ProbeResult()
    do throws(Refusal) {
      let address = try WebAddress(url)
      EventLoop.run { ask(address, result) }
    } catch {
      return .failed(error.message)
    }
    return result.outcome
  }

  @EventLoop
  private static func ask(_ address: WebAddress, _ result: ProbeResult) {
    address.ask(
      "POST", headers: LoginFlow.helloHeaders, body: LoginFlow.hello,
      environment: Process.environment
    ) { answer in
      switch answer {
      case .success(let response):
        switch response.head.status {
        case 200..<300: result.outcome = .open
        case 401, 403: result.outcome = .wantsLogin
        case let status: result.outcome = .answers(status)
        }
      case .failure(let refusal): result.outcome = .failed(refusal.message)
      }
      EventLoop.stop()
    }
  }
}

/// What the loop leaves behind.
private final class ProbeResult: @unchecked Sendable {
  var outcome = LoginProbe.Outcome.failed("It was not asked.")
}
