//! SPDX licence expressions, as far as packages use them.

/// Whether a holder of the `allowed` licences may use what is under
/// `expression`: one side of each `OR`, both sides of each `AND`.
pub(super) fn permits(allowed: &[&str], expression: &str) -> Result<bool, String> {
    // Old manifests write `MIT/Apache-2.0`.
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut reader = Reader { tokens: spaced.split_whitespace().collect(), next: 0, allowed };
    let verdict = reader.any().filter(|_| reader.next == reader.tokens.len());
    verdict.ok_or_else(|| format!("`{expression}` is not a licence expression"))
}

struct Reader<'a> {
    tokens: Vec<&'a str>,
    next: usize,
    allowed: &'a [&'a str],
}

impl<'a> Reader<'a> {
    fn any(&mut self) -> Option<bool> {
        let mut verdict = self.all()?;
        while self.take("OR") {
            verdict |= self.all()?;
        }
        Some(verdict)
    }

    fn all(&mut self) -> Option<bool> {
        let mut verdict = self.one()?;
        while self.take("AND") {
            verdict &= self.one()?;
        }
        Some(verdict)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let verdict = self.any()?;
            return self.take(")").then_some(verdict);
        }
        let name = self.name()?;
        if self.take("WITH") {
            let full = format!("{name} WITH {}", self.name()?);
            return Some(self.allowed.contains(&full.as_str()));
        }
        Some(self.allowed.contains(&name))
    }

    fn name(&mut self) -> Option<&'a str> {
        let name = *self.tokens.get(self.next)?;
        let word = !["OR", "AND", "WITH", "(", ")"].contains(&name);
        self.next += 1;
        word.then_some(name)
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.tokens.get(self.next) == Some(&token);
        self.next += usize::from(found);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::permits;

    #[test]
    fn expressions_are_weighed() {
        let allowed = ["MIT", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"];
        let permits = |expression| permits(&allowed, expression);
        assert_eq!(permits("MIT"), Ok(true));
        assert_eq!(permits("GPL-3.0"), Ok(false));
        assert_eq!(permits("MIT/GPL-3.0"), Ok(true));
        assert_eq!(permits("GPL-3.0 OR MIT"), Ok(true));
        assert_eq!(permits("GPL-3.0 AND MIT"), Ok(false));
        assert_eq!(permits("(MIT OR GPL-3.0) AND Unicode-3.0"), Ok(true));
        assert_eq!(permits("MIT OR GPL-3.0 AND GPL-3.0"), Ok(true));
        assert_eq!(permits("Apache-2.0"), Ok(false));
        assert_eq!(permits("Apache-2.0 WITH LLVM-exception"), Ok(true));
        assert!(permits("").is_err());
        assert!(permits("MIT OR").is_err());
        assert!(permits("(MIT").is_err());
        assert!(permits("MIT GPL-3.0").is_err());
    }
}
