// Package spelling finds the word that was probably meant.
package spelling

// longest is the length of the longest words that are compared: nobody mistypes those that are longer, and
// the work grows with the square of the length.
const longest = 64

// Distance is the number of single-byte insertions, deletions and replacements from a to b (Levenshtein). Of
// words that are too long for a slip of the hand it is only said that they differ a lot.
func Distance(a, b string) int {
	if len(a) > longest || len(b) > longest {
		return longest
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
