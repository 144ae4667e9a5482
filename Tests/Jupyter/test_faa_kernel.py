"""The Jupyter project's own conformance tests, with FAA's samples. Run by ./conformance, which counts what passed."""

import unittest

import jupyter_kernel_test as suite


class FAAKernel(suite.KernelTests):
    kernel_name = "faa"
    language_name = "faa"
    file_extension = ".faa"
    code_hello_world = 'print("hello, world")'
    code_stderr = 'warn("oops")'
    completion_samples = [
        {"text": "hypergradi", "matches": {"hypergradient"}},
        {"text": "\\lambda", "matches": {"λ"}},
    ]
    complete_code_samples = ["1 + 2", "x = 1"]
    incomplete_code_samples = ["f(1,", "func f(x) {"]
    invalid_code_samples = ["1 + ) 2"]
    code_page_something = "?hypergradient"
    code_generate_error = "undefined_name"
    code_execute_result = [{"code": "1 + 2", "result": "3"}, {"code": "2 * 21", "result": "42"}]
    code_display_data = [{"code": "plot([1, 2, 3])", "mime": "image/svg+xml"}]
    code_history_pattern = "1 ? 2*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "hypergradient"
    code_clear_output = "clear()"


class FAAWelcome(suite.IopubWelcomeTests):
    kernel_name = "faa"
    support_iopub_welcome = True


if __name__ == "__main__":
    unittest.main()
