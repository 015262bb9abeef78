// How a file of tests begins in each language, up to where the model goes on.

interface Test {
  /** What is tested: the first function or class; empty where none is seen. */
  subject: string;
  framework: string;
  begin: string;
}

const FRAMEWORKS: Record<string, string> = {
  Python: "pytest", JavaScript: "node:test", TypeScript: "vitest", Java: "JUnit 5", Kotlin: "JUnit 5", Go: "testing", Rust: "#[test]", "C#": "xUnit", Ruby: "minitest", PHP: "PHPUnit",
  "C++": "GoogleTest", Swift: "XCTest",
};

/** The test of some code of a language, which lies in `file`. */
export function testOf(language: string, code: string, file: string): Test {
  const subject = /\b(?:def|function|func|fn|fun|class|struct)\s+(?:\([^)]*\)\s*)?([A-Za-z_]\w*)/.exec(code)?.[1] ?? "";
  return { subject, framework: FRAMEWORKS[language] ?? "", begin: subject ? beginOf(language, subject, file.replace(/\.\w+$/, "")) : "" };
}

function beginOf(language: string, subject: string, stem: string): string {
  switch (language) {
    case "Python": return `import pytest\nfrom ${/^\w+$/.test(stem) ? stem : "module"} import ${subject}\n\n\ndef test_${subject}`;
    case "JavaScript": return `import assert from "node:assert/strict";\nimport test from "node:test";\nimport { ${subject} } from "./${stem}.js";\n\ntest("${subject}`;
    case "TypeScript": return `import { expect, test } from "vitest";\nimport { ${subject} } from "./${stem}";\n\ntest("${subject}`;
    case "Rust": return `#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn`;
    case "Go": return `import "testing"\n\nfunc Test`;
    case "Java": return `import static org.junit.jupiter.api.Assertions.*;\nimport org.junit.jupiter.api.Test;\n\nclass ${subject}Test {\n    @Test`;
    default: return "";
  }
}
