import Harness
import Manifest
import OpenAPI
import TestSupport
import Testing

@Suite struct ImportTests {
}
