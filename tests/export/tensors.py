scores = torch.tensor([[0.33333334, -torch.inf, 0.1],
                       [-0.0, 1e-45, 3.4028235e+38],
                       [torch.inf, torch.nan, 16777216]], dtype=torch.float32)
half = torch.tensor([0.33325195, 65504, -5.9604645e-8, 0.00006097555, torch.inf, -torch.inf,
                     torch.nan, -0.0, 5.9604645e-8], dtype=torch.float16)
brain = torch.tensor([[0.33398438, -2.75506e-40],
                      [torch.inf, torch.nan]], dtype=torch.bfloat16)
double = torch.tensor([0.3333333333333333, 1e+300], dtype=torch.float64)
ids = torch.tensor([[9007199254740993, -9223372036854775808],
                    [0, 9223372036854775807]], dtype=torch.int64)
counts = torch.tensor([-2147483648, 7], dtype=torch.int32)
small = torch.tensor([-128, 127], dtype=torch.int8)
bytes = torch.tensor([0, 255, 3], dtype=torch.uint8)
mask = torch.tensor([[True, False],
                     [True, True]], dtype=torch.bool)
scalar = torch.tensor(2.5, dtype=torch.float32)
nothing = torch.zeros((0, 3), dtype=torch.float32)
heads = torch.tensor([[[0, 0.14285715, 0.2857143, 0.42857143],
                       [0.5714286, 0.71428573, 0.85714287, 1],
                       [1.1428572, 1.2857143, 1.4285715, 1.5714285]],
                      [[1.7142857, 1.8571428, 2, 2.142857],
                       [2.2857144, 2.4285715, 2.5714285, 2.7142856],
                       [2.857143, 3, 3.142857, 3.2857144]]], dtype=torch.float32)
