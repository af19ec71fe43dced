//! Tables of aligned columns.

/// Aligns rows into columns, two spaces apart, without space at the end of a line.
pub(crate) fn align(header: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = header.iter().map(|&title| title.to_owned()).collect();
    let lines = || std::iter::once(&header).chain(rows);
    let width = |column: usize| {
        lines().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..header.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in lines() {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.chars().count() + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = vec![
            vec!["web".to_owned(), "1.4.0.7".to_owned(), String::new()],
            vec!["a-long-name".to_owned(), "1".to_owned(), "latest".to_owned()],
        ];
        insta::assert_snapshot!(align(&["IMAGE", "VERSION", ""], &rows), @r"
        IMAGE        VERSION
        web          1.4.0.7
        a-long-name  1        latest
        ");
    }
}
