# torch.linalg: small dense matrices, by elimination and by reflections.
import math

import torch

cross, matrix_power = torch.cross, torch.matrix_power


class LinAlgError(RuntimeError):
    pass


def _check_square(name, A):
    if A.dim() < 2:
        raise RuntimeError(f"linalg.{name}: The input tensor A must have at least 2 dimensions.")
    if A.size(-1) != A.size(-2):
        raise RuntimeError(f"linalg.{name}: A must be batches of square matrices, but they are {A.size(-2)} by {A.size(-1)} matrices")


def _eliminated(A, right, name):
    # Gauss and Jordan: [A | B] to [1 | A⁻¹B], and the determinant.
    rows = torch.cat((A, right), 1).clone()
    determinant = torch.ones((), dtype=A.dtype)
    for column in range(A.size(0)):
        pivot = column + int(rows[column:, column].abs().argmax())
        if rows[pivot, column].item() == 0:
            if name is None:
                return rows, torch.zeros((), dtype=A.dtype)
            raise LinAlgError(f"linalg.{name}: The diagonal element {column + 1} is zero, the {'inversion' if name == 'inv' else 'solve'} could not be completed because the input matrix is singular.")
        if pivot != column:
            rows[[column, pivot]] = rows[[pivot, column]]
            determinant = -determinant
        determinant = determinant * rows[column, column]
        rows[column] = rows[column] / rows[column, column]
        factors = rows[:, column].clone()
        factors[column] = 0
        rows = rows - factors.unsqueeze(1) * rows[column]
    return rows, determinant


def _each(A, function):
    # The function of every matrix of a batch.
    if A.dim() == 2:
        return function(A)
    flat = A.reshape(-1, A.size(-2), A.size(-1))
    results = torch.stack([function(matrix) for matrix in flat])
    return results.reshape(list(A.shape[:-2]) + list(results.shape[1:]))


def inv(A):
    _check_square("inv", A)
    size = A.size(-1)
    inverse = _each(A, lambda matrix: _eliminated(matrix, torch.eye(size, dtype=A.dtype), "inv")[0][:, size:])
    return torch._with_gradient_name(inverse, "LinalgInvExBackward0")


def det(A):
    _check_square("det", A)
    return torch._with_gradient_name(_each(A, lambda matrix: _eliminated(matrix, matrix[:, :0], None)[1]), "LinalgDetBackward0")


def slogdet(A):
    value = det(A)
    return torch._returned("linalg_slogdet", ["sign", "logabsdet"], (torch.sign(value), torch.log(value.abs())))


def solve(A, B, *, left=True):
    _check_square("solve", A)
    right = B.unsqueeze(-1) if B.dim() == 1 else B
    result = _eliminated(A, right, "solve")[0][:, A.size(-1) :]
    return result.squeeze(-1) if B.dim() == 1 else result


def cholesky(A, *, upper=False):
    _check_square("cholesky", A)
    lower = torch.zeros_like(A)
    for row in range(A.size(0)):
        for column in range(row + 1):
            rest = A[row, column] - lower[row, :column] @ lower[column, :column]
            if row == column:
                if rest.item() <= 0:
                    raise LinAlgError(
                        f"linalg.cholesky: The factorization could not be completed because the input is not positive-definite (the leading minor of order {row + 1} is not positive-definite)."
                    )
                lower[row, row] = torch.sqrt(rest)
            else:
                lower[row, column] = rest / lower[column, column]
    return lower.T if upper else lower


def qr(A, mode="reduced"):
    # Householder's reflections, with LAPACK's signs.
    rows, columns = A.shape[-2:]
    R = A.clone()
    Q = torch.eye(rows, dtype=A.dtype)
    for column in range(min(rows - 1, columns)):
        x = R[column:, column]
        size = x.norm()
        if x[1:].abs().sum().item() == 0:
            continue
        v = x.clone()
        v[0] = v[0] + (size if x[0].item() >= 0 else -size)
        v = v / v.norm()
        R[column:] = R[column:] - 2 * torch.outer(v, v @ R[column:])
        Q[:, column:] = Q[:, column:] - 2 * torch.outer(Q[:, column:] @ v, v)
    if mode == "reduced":
        inner = min(rows, columns)
        Q, R = Q[:, :inner], R[:inner]
    return torch._returned("linalg_qr", ["Q", "R"], (Q, R.triu()))


def multi_dot(tensors):
    return torch.chain_matmul(*tensors)


def vecdot(x, y, *, dim=-1):
    return (x * y).sum(dim)


def diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    return A.diagonal(offset, dim1, dim2)


def eigvalsh(A):
    return torch.tensor(_jacobi(A)[0], dtype=A.dtype)


def eigh(A, UPLO="L"):
    values, vectors = _jacobi(A)
    pair = (torch.tensor(values, dtype=A.dtype), torch.tensor(vectors, dtype=A.dtype).T)
    return torch._returned("linalg_eigh", ["eigenvalues", "eigenvectors"], pair)


def _jacobi(A):
    # Jacobi's rotations of a symmetric matrix: eigenvalues in rising order, and their vectors.
    a, n = A.double().tolist(), A.size(0)
    v = [[1.0 if i == j else 0.0 for j in range(n)] for i in range(n)]
    for _ in range(60):
        if sum([a[i][j] ** 2 for i in range(n) for j in range(i)]) < 1e-30:
            break
        for p in range(n):
            for q in range(p + 1, n):
                if abs(a[p][q]) < 1e-300:
                    continue
                theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
                t = math.copysign(1.0, theta) / (abs(theta) + math.sqrt(theta * theta + 1))
                c = 1 / math.sqrt(t * t + 1)
                s = t * c
                for k in range(n):
                    a[k][p], a[k][q] = c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]
                for k in range(n):
                    a[p][k], a[q][k] = c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]
                    v[p][k], v[q][k] = c * v[p][k] - s * v[q][k], s * v[p][k] + c * v[q][k]
    order = sorted(range(n), key=lambda i: a[i][i])
    return [a[i][i] for i in order], [v[i] for i in order]


def svd(A, full_matrices=True, *, driver=None):
    # The vectors are the same but for their signs, which are LAPACK's in no simple way.
    if A.dim() > 2:
        parts = [torch.stack(part) for part in zip(*[svd(matrix, full_matrices) for matrix in A])]
    elif A.size(0) < A.size(1):
        U, S, Vh = svd(A.T, full_matrices)
        parts = Vh.T, S, U.T
    else:
        values, vectors = _jacobi(A.T.double() @ A.double())
        V = torch.tensor(vectors[::-1], dtype=torch.float64).T
        S = torch.tensor([math.sqrt(max(value, 0.0)) for value in reversed(values)], dtype=torch.float64)
        # What has no length has no direction either: there any that is square to the others will do.
        known = int((S > S[0] * 1e-7).sum())
        U = (A.double() @ V)[:, :known] / S[:known]
        U = torch.cat([U, qr(torch.cat([U, torch.eye(A.size(0), dtype=torch.float64)], 1)).Q[:, known:]], 1)
        parts = [part.to(A.dtype) for part in (U if full_matrices else U[:, : A.size(1)], S, V.T)]
    return torch._returned("linalg_svd", ["U", "S", "Vh"], tuple(parts))


def _svd(input, some=True, compute_uv=True):
    U, S, Vh = svd(input, not some)
    return torch._returned("svd", ["U", "S", "V"], (U, S, Vh.mT))


def svdvals(A):
    narrow = A if A.size(0) >= A.size(1) else A.T
    values = _jacobi(narrow.T.double() @ narrow.double())[0]
    return torch.tensor([math.sqrt(max(value, 0.0)) for value in reversed(values)], dtype=A.dtype)


def matrix_rank(A, *, tol=None):
    values = svdvals(A)
    limit = values.max().item() * max(A.shape) * torch.finfo(A.dtype).eps if tol is None else tol
    return (values > limit).sum()


def cond(A, p=None):
    if p not in (None, 2):
        return matrix_norm(A, p) * matrix_norm(inv(A), p)
    values = svdvals(A)
    return values[0] / values[-1]


def pinv(A, *, atol=None, rtol=None, hermitian=False):
    if A.size(-2) < A.size(-1):
        return pinv(A.mT, atol=atol, rtol=rtol).mT
    return _each(A, lambda matrix: _pseudoinverse(matrix, atol, rtol))


def _pseudoinverse(A, atol, rtol):
    # V / s² · (A V)ᵀ for the singular values that count.
    values, vectors = _jacobi(A.T.double() @ A.double())
    if rtol is None:
        rtol = 0.0 if atol else max(A.shape) * torch.finfo(A.dtype).eps
    least = max(atol or 0.0, rtol * math.sqrt(max(values[-1], 0.0)))
    inverse = torch.tensor([1 / value if value > least * least else 0.0 for value in values], dtype=torch.float64)
    V = torch.tensor(vectors, dtype=torch.float64).T
    return ((V * inverse) @ (A.double() @ V).T).to(A.dtype)


def lstsq(A, B, rcond=None, *, driver=None):
    solution = pinv(A, rtol=rcond) @ B
    residuals = (A @ solution - B).square().sum(-2) if A.size(-2) > A.size(-1) else B.new_zeros(0)
    return torch._returned("linalg_lstsq", ["solution", "residuals", "rank", "singular_values"], (solution, residuals, matrix_rank(A), B.new_zeros(0)))


torch.pinverse, torch.svd = pinv, _svd


def matrix_norm(A, ord="fro", dim=(-2, -1), keepdim=False):
    rows, columns = [d % A.dim() for d in dim]
    if ord == "fro":
        return torch.linalg.vector_norm(A, 2, dim, keepdim)
    if ord not in (1, -1, math.inf, -math.inf):
        raise NotImplementedError(f"torch.linalg.matrix_norm: the order {ord} is not supported; 'fro', 1, -1, inf and -inf are")
    along, other = (rows, columns) if abs(ord) == 1 else (columns, rows)
    sums = A.abs().sum(along, keepdim=True)
    norm = sums.amax(other, keepdim=True) if ord > 0 else sums.amin(other, keepdim=True)
    return norm if keepdim else norm.squeeze(max(rows, columns)).squeeze(min(rows, columns))


def solve_triangular(A, B, *, upper, left=True, unitriangular=False):
    if not left:
        return solve_triangular(A.mT, B.mT, upper=not upper, unitriangular=unitriangular).mT
    size = A.size(-1)
    solved = [None] * size
    for row in range(size - 1, -1, -1) if upper else range(size):
        known = [other for other in range(size) if solved[other] is not None]
        value = B[..., row, :]
        if known:
            value = value - (A[..., row, known].unsqueeze(-2) @ torch.stack([solved[other] for other in known], -2)).squeeze(-2)
        solved[row] = value if unitriangular else value / A[..., row, row].unsqueeze(-1)
    return torch.stack(solved, -2)


matrix_exp = torch.matrix_exp
