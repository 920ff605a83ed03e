//! Lays rows out for people: columns as wide as what stands in them.

/// A heading and rows, in columns; what is empty has no heading either.
pub(in crate::cli) fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let heading = heading.map(str::to_uppercase);
    let mut widths = [0; N];
    for row in std::iter::once(&heading).chain(rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    std::iter::once(&heading).chain(rows).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_stands_in_them() {
        let rows = [["a", "long"], ["ällong", "b"]].map(|row| row.map(str::to_owned));
        assert_eq!(table(["one", "two"], &rows), "ONE     TWO\na       long\nällong  b\n");
        assert_eq!(table(["one"], &[]), "");
    }
}
